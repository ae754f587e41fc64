using System.Text.Json;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The commands of humans as they are kept: a file each, and its answer beside it.</summary>
/// <typeparam name="T">What a human tells.</typeparam>
/// <param name="store">The store.</param>
/// <param name="time">The clock.</param>
/// <param name="write">A command as JSON.</param>
/// <param name="read">The same, read.</param>
internal sealed class StoredCommands<T>(IRunStore store, TimeProvider time, Func<T, byte[]> write, Func<ReadOnlyMemory<byte>, T> read)
    where T : class, IStoredCommand
{
    private const int MaxAtOnce = 1000;
    private const string CommandEnd = ".json";
    private const string AnswerEnd = ".answer.json";

    public async Task PostAsync(string runId, T command, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        byte[] content = JournalRules.CheckCommand(command.Id, write(command));
        string name = InInbox(command.Id + CommandEnd);
        if (!await StoreCalls.WriteAsync(
            name, () => store.SaveAsync(runId, name, content, lease: null, overwrite: false, cancellationToken)).ConfigureAwait(false))
        {
            throw new JournalException(Words.Get("journal.other-command", runId, command.Id));
        }
    }

    /// <summary>Those that have no answer yet, the oldest first; what makes no sense is answered as refused.</summary>
    public async Task<IReadOnlyList<T>> ReadAsync(string runId, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<string> there = await StoreCalls.ReadAsync(
            runId, () => store.ListFilesAsync(runId, JournalRules.Inbox, cancellationToken)).ConfigureAwait(false);
        if (there.Count == 0)
        {
            return [];
        }

        HashSet<string> names = [.. there];
        List<T> commands = [];
        foreach (string name in names.Where(n => n.EndsWith(CommandEnd, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            string id = name[..^CommandEnd.Length];
            if (commands.Count == MaxAtOnce || !id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') || names.Contains(id + AnswerEnd))
            {
                continue;
            }

            if (await ReadAsync(runId, id, cancellationToken).ConfigureAwait(false) is { } command)
            {
                commands.Add(command);
            }
        }

        return [.. commands.OrderBy(c => c.At).ThenBy(c => c.Id, StringComparer.Ordinal)];
    }

    public async Task AnswerAsync(RunLease lease, string commandId, RunCommandAnswer answer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(answer);
        JournalRules.CheckId(commandId);
        lease.Check();
        string asked = InInbox(commandId + CommandEnd);
        if (await StoreCalls.ReadAsync(lease.RunId, () => store.LoadAsync(lease.RunId, asked, cancellationToken)).ConfigureAwait(false) is null)
        {
            throw new JournalException(Words.Get("journal.no-command", lease.RunId, commandId));
        }

        string name = InInbox(commandId + AnswerEnd);
        await StoreCalls.WriteAsync(
            lease,
            () => store.SaveAsync(lease.RunId, name, JournalJson.ToBytes(answer), lease.Stored, overwrite: false, cancellationToken)).ConfigureAwait(false);
    }

    public async Task<RunCommandAnswer?> GetAnswerAsync(string runId, string commandId, CancellationToken cancellationToken)
    {
        JournalRules.CheckId(commandId);
        try
        {
            ReadOnlyMemory<byte>? json = await StoreCalls.ReadAsync(
                runId, () => store.LoadAsync(runId, InInbox(commandId + AnswerEnd), cancellationToken)).ConfigureAwait(false);
            return json is { } answer ? JournalJson.ReadAnswer(answer.Span) : null;
        }
        catch (JsonException e)
        {
            throw JournalRules.Unreadable(runId, e);
        }
    }

    private async Task<T?> ReadAsync(string runId, string id, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.LoadAsync(runId, InInbox(id + CommandEnd), cancellationToken).ConfigureAwait(false) is not { Length: > 0 } content)
            {
                return null;
            }

            T command = read(content);
            return command.Id == id ? command : throw new JsonException(Words.Get("journal.command-id", command.Id, id));
        }
        catch (Exception e) when (e is JsonException or JournalException or UnauthorizedAccessException)
        {
            await RefuseAsync(runId, id, e, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (StoreCalls.IsOfStore(e))
        {
            // No handle was free, or the disk has a bad moment.
            return null;
        }
    }

    private async Task RefuseAsync(string runId, string id, Exception why, CancellationToken cancellationToken)
    {
        Message text = Message.Of("command.unreadable", why.Message);
        byte[] refusal = JournalJson.ToBytes(new RunCommandAnswer(Accepted: false, text, time.GetUtcNow()));
        try
        {
            await store.SaveAsync(runId, InInbox(id + AnswerEnd), refusal, lease: null, overwrite: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JournalException || StoreCalls.IsOfStore(e))
        {
            // The next look tries again.
        }
    }

    private static string InInbox(string name) => $"{JournalRules.Inbox}/{name}";
}
