using System.Security.Cryptography;

namespace Ksmg.Sdk.Upgrades;

/// <summary>S5: the hand-edited configuration files are copied out; the manifest last, and once.</summary>
internal sealed class SaveConfigurationStep : UpgradeStep
{
    private const int MostFiles = 10_000;

    public override Facets Facets => Facets.SavedConfiguration;

    public override StopKind OnFailure => StopKind.PutBack;

    public override Verdict Decide(StepContext c)
    {
        if (c.Seen.SavedConfiguration is { } saved)
        {
            return new Verdict.Done(Message.Of("done.save", saved.Files.Count));
        }

        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.save", c.NodeName), c.Deadline);
        }

        return c.State.IsUndecided
            ? new Verdict.NotInEffect(Message.Of("seen.no-manifest", c.NodeName))
            : StepContext.Apply(Message.Of("apply.save", c.NodeName), ("build", c.Node.Build.ToString()));
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        IConfigurationFiles port = e.World.Ports.Configuration!;
        IReadOnlyList<ConfigurationFile> files = await port.ListAsync(e.NodeName, cancellationToken).ConfigureAwait(false);
        if (files.Count > MostFiles)
        {
            throw new UpgradeException(Words.Get("error.too-many-files", e.NodeName, files.Count, MostFiles)) { Node = e.NodeName, Step = e.Step.Id };
        }

        Dictionary<string, string> shipped = new(StringComparer.Ordinal);
        foreach (ConfigurationFile file in files.Where(f => f.LinkTarget is null))
        {
            ReadOnlyMemory<byte> content = await port.ReadAsync(e.NodeName, file.Path, cancellationToken).ConfigureAwait(false);
            if (!string.Equals(Convert.ToHexStringLower(SHA256.HashData(content.Span)), file.Sha256, StringComparison.OrdinalIgnoreCase))
            {
                throw new UpgradeException(Words.Get("error.file-changed", e.NodeName, file.Path)) { Node = e.NodeName, Step = e.Step.Id };
            }

            await e.Journal.SaveFileAsync(
                e.Lease, ConfigurationManifest.ContentName(e.NodeName, file.Sha256.ToLowerInvariant()), content, cancellationToken).ConfigureAwait(false);
            if (await port.GetPristineSha256Async(e.NodeName, file.Path, e.PlannedNode.Build, cancellationToken).ConfigureAwait(false) is { } digest)
            {
                shipped[file.Path] = digest;
            }
        }

        ConfigurationManifest manifest = new()
        {
            Node = e.NodeName,
            Build = e.PlannedNode.Build,
            SavedAt = e.Clock.Wall,
            Files = files,
            Shipped = shipped,
        };
        await e.Journal.SaveFileAsync(
            e.Lease, ConfigurationManifest.FileName(e.NodeName), ManifestJson.ToBytes(manifest), cancellationToken).ConfigureAwait(false);
    }
}
