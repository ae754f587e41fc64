using System.Security.Cryptography;
using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Checks what is kept of a run: its records among themselves, its plan, and the files it saved.</summary>
internal sealed class RunVerifier
{
    private readonly UpgradeJournal _journal;
    private readonly UpgradePlan _plan;
    private readonly IReadOnlyList<JournalRecord> _records;

    private RunVerifier(UpgradeJournal journal, UpgradePlan plan, IReadOnlyList<JournalRecord> records) =>
        (_journal, _plan, _records) = (journal, plan, records);

    /// <exception cref="JournalException">There is no such run, or a file of it cannot be read.</exception>
    public static async Task<RunVerification> VerifyAsync(UpgradeJournal journal, string runId, CancellationToken cancellationToken)
    {
        _ = await journal.FindAsync(runId, cancellationToken).ConfigureAwait(false);
        try
        {
            (UpgradePlan plan, ReadOnlyMemory<byte> planFile, IReadOnlyList<JournalRecord> records) =
                await journal.ReadAnewAsync(runId, cancellationToken).ConfigureAwait(false);
            RunVerifier verifier = new(journal, plan, records);
            return new RunVerification
            {
                RunId = runId,
                Checks =
                [
                    new VerifiedCheck("chain", Message.Of("verify.chain", records.Count)),
                    Plan(plan, planFile),
                    verifier.Epochs(),
                    verifier.Intents(),
                    await verifier.ConfigurationAsync(cancellationToken).ConfigureAwait(false),
                ],
            };
        }
        catch (JournalException e)
        {
            return new RunVerification { RunId = runId, Checks = [new VerifiedCheck("chain", Message.Of("verify.chain", 0), Message.Said(e.Message))] };
        }
    }

    private static VerifiedCheck Plan(UpgradePlan plan, ReadOnlyMemory<byte> file)
    {
        string? changed = PlanDocument.Changed(file.Span);
        return new VerifiedCheck("plan", Message.Of("verify.plan", plan.Hash), changed is null ? null : Message.Said(changed));
    }

    /// <summary>
    /// Each record stands under the lease of the process that had the run then, and nothing follows the end but somebody who takes it up again.
    /// </summary>
    private VerifiedCheck Epochs()
    {
        Message? fault = null;
        long epoch = 1;
        JournalEntryKind? before = null;
        foreach (JournalRecord record in _records)
        {
            bool isTaken = record.Entry.Kind == JournalEntryKind.EpochStarted;
            bool follows = isTaken ? record.Epoch > epoch || before == JournalEntryKind.RunCreated && record.Epoch == epoch : record.Epoch == epoch;
            fault ??= follows ? null : Message.Of("verify.wrong-epoch", record.Sequence, record.Epoch, epoch);
            fault ??= before == JournalEntryKind.RunEnded && !isTaken ? Message.Of("verify.after-end", record.Sequence) : null;
            (epoch, before) = (record.Epoch, record.Entry.Kind);
        }

        return new VerifiedCheck("epochs", Message.Of("verify.epochs", _records.Count(r => r.Entry.Kind == JournalEntryKind.EpochStarted)), fault);
    }

    /// <summary>Attempts count from one, and an outcome is that of the last attempt: nothing was caused that was not announced before.</summary>
    private VerifiedCheck Intents()
    {
        HashSet<StepKey> planned = [.. _plan.AllSteps().Select(s => s.Key)];
        Dictionary<StepKey, int> attempts = [];
        int outcomes = 0;
        Message? fault = null;
        foreach (JournalRecord record in _records.Where(r => r.Entry.Kind is JournalEntryKind.Intent or JournalEntryKind.Outcome))
        {
            if (record.Entry.Key is not { } key)
            {
                continue;
            }

            int attempt = record.Entry.Attempt ?? 0;
            int last = attempts.GetValueOrDefault(key);
            if (record.Entry.Kind == JournalEntryKind.Intent)
            {
                fault ??= attempt == last + 1 ? null : Message.Of("verify.wrong-attempt", record.Sequence, key, attempt, last);
                attempts[key] = attempt;
            }
            else
            {
                outcomes++;
                fault ??= attempt == last ? null : Message.Of("verify.no-intent", record.Sequence, key, attempt);
            }

            fault ??= planned.Contains(key) ? null : Message.Of("verify.not-planned", record.Sequence, key);
        }

        return new VerifiedCheck("intents", Message.Of("verify.intents", attempts.Values.Sum(), outcomes), fault);
    }

    /// <summary>The configuration that was saved of each node is there, file by file as it was when it was saved.</summary>
    private async Task<VerifiedCheck> ConfigurationAsync(CancellationToken cancellationToken)
    {
        Message? fault = null;
        int files = 0;
        foreach (PlannedNode node in _plan.Nodes)
        {
            string name = ConfigurationManifest.FileName(node.Name);
            JournalRecord? saved = _records.LastOrDefault(r =>
                r.Entry.Outcome == StepOutcome.Done && r.Entry.Key == new StepKey(StepId.SaveConfiguration, node.Name));
            if (await _journal.ReadFileAsync(_plan.RunId, name, cancellationToken).ConfigureAwait(false) is not { } json)
            {
                fault ??= saved is null ? null : Message.Of("verify.no-manifest", saved.Sequence, name);
                continue;
            }

            if (Read(json) is not { } manifest)
            {
                fault ??= Message.Of("verify.damaged-manifest", name);
                continue;
            }

            foreach (ConfigurationFile file in manifest.Files.Where(f => f.LinkTarget is null))
            {
                files++;
                string content = ConfigurationManifest.ContentName(node.Name, file.Sha256.ToLowerInvariant());
                bool isWhole = await _journal.ReadFileAsync(_plan.RunId, content, cancellationToken).ConfigureAwait(false) is { } bytes
                    && string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), file.Sha256, StringComparison.OrdinalIgnoreCase);
                fault ??= isWhole ? null : Message.Of("verify.changed-file", content, node.Name, file.Path);
            }
        }

        return new VerifiedCheck("configuration", Message.Of("verify.configuration", files), fault);
    }

    private static ConfigurationManifest? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            return ManifestJson.Read(json.Span);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
