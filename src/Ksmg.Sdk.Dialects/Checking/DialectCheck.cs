using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Dialects;

/// <summary>Looks on live nodes whether a dialect understands them. Only asks; what would change a node is not sent.</summary>
/// <param name="cluster">A cluster made with <c>AddDialectCheck()</c>.</param>
/// <param name="options">Its options.</param>
public sealed partial class DialectCheck(KsmgCluster cluster, KsmgOptions options)
{
    private const int Longest = 2000;

    /// <summary>The calls that only ask. Those of the session are tried by the first of them.</summary>
    private static readonly Dictionary<string, Func<KsmgNode, CancellationToken, Task>> Reads = new(StringComparer.Ordinal)
    {
        [OperationNames.GetAbout] = (node, token) => node.Updates.GetAboutAsync(token),
        [OperationNames.ListNodes] = (node, token) => node.Nodes.ListAsync(token).AnyAsync(token).AsTask(),
        [OperationNames.GetNodeStatus] = (node, token) => node.Nodes.GetStatusAsync(token),
        [OperationNames.GetCurrentUser] = (node, token) => node.Nodes.GetCurrentUserAsync(token),
        [OperationNames.GetQueueSummary] = (node, token) => node.Queue.GetSummaryAsync(cancellationToken: token),
        [OperationNames.ListQueue] = (node, token) => node.Queue.ListMessagesAsync(cancellationToken: token).AnyAsync(token).AsTask(),
        [OperationNames.GetMailFlow] = (node, token) => node.Queue.GetSwitchesAsync(cancellationToken: token),
        [OperationNames.ListUpdates] = (node, token) => node.Updates.ListUploadsAsync(token),
        [OperationNames.GetUpdateStatus] = (node, token) => node.Updates.GetStatusAsync(token),
    };

    private static readonly string[] Session = [OperationNames.GetAuthInfo, OperationNames.UserLogin];

    private readonly OperationCatalogue _catalogue = OperationCatalogue.Of(options);

    /// <summary>Asks the nodes, one call after the other.</summary>
    /// <param name="node">The name of the only one to ask; <see langword="null"/>: all.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgException">There is no password.</exception>
    public async Task<IReadOnlyList<CheckedOperation>> RunAsync(string? node = null, CancellationToken cancellationToken = default)
    {
        string password = await options.Credentials.GetPasswordAsync(options, cancellationToken).ConfigureAwait(false);
        List<CheckedOperation> findings = [];
        foreach (KsmgNode asked in cluster.Nodes.Where(n => node is null || n.Name == node))
        {
            findings.AddRange(await CheckAsync(asked, password, cancellationToken).ConfigureAwait(false));
        }

        return findings;
    }

    /// <summary>Watches a call that reads: which words of its answer are none of ours, and what to write so that they are understood.</summary>
    /// <param name="operation">The operation, by its name in the catalogue.</param>
    /// <param name="build">The build of the node, as far as it is known.</param>
    /// <param name="call">Makes the call. What it throws is thrown.</param>
    /// <returns>A sentence; <see langword="null"/>: every word is known.</returns>
    public async Task<string?> WatchAsync(string operation, BuildNumber? build, Func<Task> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        IReadOnlyList<RecordedAnswer> answers = AnswerRecorder.Watch();
        await call().ConfigureAwait(false);
        return _catalogue.TryFind(operation, build, out OperationEntry? entry) && Read(operation, entry, answers) is { Unknown: { Count: > 0 } unknown } reading
            ? Shown(Advice(operation, unknown), reading.Secrets)
            : null;
    }

    /// <summary>One that cannot be logged in to is not asked again: attempts lock accounts.</summary>
    private async Task<List<CheckedOperation>> CheckAsync(KsmgNode node, string password, CancellationToken cancellationToken)
    {
        BuildNumber? build = null;
        KsmgAuthenticationException? locked = null;
        List<CheckedOperation> findings = [];
        foreach (string operation in Reads.Keys.Concat(_catalogue.Operations.Keys.Except(Reads.Keys)).Except(Session))
        {
            if (!_catalogue.TryFind(operation, build, out OperationEntry? entry))
            {
                findings.Add(Finding(SelfTestOutcome.Fails, Words.Get("check.no-entry", build?.ToString() ?? "–")));
                continue;
            }

            if (entry.Missing)
            {
                findings.Add(Finding(SelfTestOutcome.NotTried, Words.Get("check.missing")));
            }
            else if (!Reads.TryGetValue(operation, out Func<KsmgNode, CancellationToken, Task>? read))
            {
                findings.Add(Finding(SelfTestOutcome.NotTried, Unsent(entry)));
            }
            else if (entry.Written.Unsure is { Length: > 0 } unsure && entry.Method != HttpMethod.Get)
            {
                findings.Add(Finding(SelfTestOutcome.NotTried, Words.Get("check.unsure", unsure)));
            }
            else if (locked is not null)
            {
                findings.Add(Finding(SelfTestOutcome.NotTried, Words.Get("check.no-session")));
            }
            else
            {
                (CheckedOperation finding, Exception? fault) = await AskAsync(Finding, operation, entry, node, read, password, cancellationToken)
                    .ConfigureAwait(false);
                findings.Add(finding);
                locked = fault as KsmgAuthenticationException;
                build ??= operation == OperationNames.GetAbout ? BuildOf(finding) : null;
            }

            CheckedOperation Finding(SelfTestOutcome outcome, string text) =>
                new() { Node = node.Name, Operation = operation, Outcome = outcome, Call = entry is null ? null : Describe(entry), Text = text };
        }

        return findings;
    }

    private static async Task<(CheckedOperation Finding, Exception? Fault)> AskAsync(
        Func<SelfTestOutcome, string, CheckedOperation> finding, string operation, OperationEntry entry, KsmgNode node,
        Func<KsmgNode, CancellationToken, Task> read, string password, CancellationToken cancellationToken)
    {
        IReadOnlyList<RecordedAnswer> answers = AnswerRecorder.Watch();
        Exception? fault = null;
        try
        {
            await read(node, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever it is: one fault must not hide the other findings.
            fault = e;
        }

        CheckedOperation found = finding(fault is null ? SelfTestOutcome.Works : SelfTestOutcome.Fails, fault?.Message ?? Words.Get("check.understood"));
        if (Read(operation, entry, answers) is not { } reading)
        {
            return (found, fault);
        }

        string[] secrets = [.. reading.Secrets, password];
        found = found with { Raw = Shown(reading.Answer.Text, secrets) };
        if (reading.Mapped is null)
        {
            return (found, fault);
        }

        string[] missing = [.. reading.Untold.Where(field => field.IsNeeded).Select(field => field.Field).Distinct(StringComparer.Ordinal)];
        found = found with
        {
            Mapped = Shown(reading.Mapped.ToJsonString(), secrets),
            MissingFields = missing,
            UntoldFields = [.. reading.Untold.Where(field => !field.IsNeeded).Select(field => field.Field).Distinct(StringComparer.Ordinal)],
            UnknownWords = [.. reading.Unknown.Select(word => Shown($"{word.Field}: {word.Word}", secrets))],
        };
        return (fault, missing.Length, reading.Unknown.Count) switch
        {
            (null, 0, > 0) => (found with { Outcome = SelfTestOutcome.UnknownWords, Text = Shown(Advice(operation, reading.Unknown), secrets) }, null),
            (_, > 0, _) => (found with { Outcome = SelfTestOutcome.Fails }, fault),
            _ => (found, fault),
        };
    }

    /// <summary>What the entry makes of the answer to its own call; what its arguments needed was asked before it.</summary>
    private static Reading? Read(string operation, OperationEntry entry, IReadOnlyList<RecordedAnswer> answers)
    {
        if (answers.LastOrDefault(answer => answer.Method == entry.Method && PathOf(entry).IsMatch(answer.Path)) is not { } own
            || Array.Find(Clues.Operations, clues => clues.Operation == operation)?.Shape is not { } shape)
        {
            return null;
        }

        Reading reading = new(own, Map(entry, own, shape), [.. answers.SelectMany(answer => answer.Secrets)]);
        Look(operation, shape, reading.Mapped, string.Empty, reading);
        return reading;
    }

    /// <summary>What to write under <c>words</c>: ours for each word as far as it is likely, else those there are.</summary>
    private static string Advice(string operation, IReadOnlyList<(string Field, string Word)> unknown)
    {
        IEnumerable<string> entries = unknown.GroupBy(word => Clues.WordsName(word.Field)).Select(field =>
        {
            IReadOnlyDictionary<string, string[]> ours = Clues.WordsOf(operation, field.First().Field)!;
            IEnumerable<string> words = field.Select(word => $"\"{word.Word}\": \"{Clues.Ours(ours, word.Word) ?? string.Join('|', ours.Keys)}\"");
            return $"\"{field.Key}\": {{ {string.Join(", ", words.Distinct(StringComparer.Ordinal))} }}";
        });
        return Words.Get("check.unknown-words", operation, string.Join(", ", entries));
    }

    private static JsonNode? Map(OperationEntry entry, RecordedAnswer answer, JsonTypeInfo shape)
    {
        try
        {
            Envelope envelope = entry.Mapping?.Read(answer.Body, shape) ?? Envelope.Parse(answer.Body);
            return envelope.Data.IsEmpty ? null : JsonNode.Parse(envelope.Data.Span);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What came out null of what there is a place for, and which words are none of ours.</summary>
    private static void Look(string operation, JsonTypeInfo shape, JsonNode? node, string field, Reading found)
    {
        switch (node)
        {
            case JsonArray items:
                JsonTypeInfo item = shape.Kind == JsonTypeInfoKind.Enumerable ? shape.Options.GetTypeInfo(shape.Type.GetGenericArguments()[0]) : shape;
                foreach (JsonNode? one in items)
                {
                    Look(operation, item, one, field, found);
                }

                break;
            case JsonObject members when shape.Kind == JsonTypeInfoKind.Object:
                foreach (JsonPropertyInfo member in shape.Properties.Where(p => p.Set is not null))
                {
                    string name = field.Length == 0 ? member.Name : $"{field}.{member.Name}";
                    if (members[member.Name] is { } value)
                    {
                        Type type = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
                        Look(operation, shape.Options.GetTypeInfo(type), value, name, found);
                    }
                    else
                    {
                        found.Untold.Add((name, member.IsRequired));
                    }
                }

                break;
            case JsonValue value when Clues.WordsOf(operation, field) is { } words && value.TryGetValue(out string? text) && !words.ContainsKey(text)
                && !found.Unknown.Contains((field, text)):
                found.Unknown.Add((field, text));
                break;
        }
    }

    /// <summary>Its placeholders and expressions were read when the catalogue was made.</summary>
    private static string Unsent(OperationEntry entry) =>
        entry.Written.Unsure is { Length: > 0 } unsure ? Words.Get("check.unsure", unsure) : Words.Get("check.unsent");

    private static string Describe(OperationEntry entry)
    {
        CatalogueEntryOptions written = entry.Written;
        string query = written.Query is { Count: > 0 } pairs ? "?" + string.Join('&', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : string.Empty;
        string body = written.Body is null ? string.Empty : " " + written.Body.ToJsonString();
        return $"{entry.Method} {entry.Path}{query}{body}";
    }

    private static Regex PathOf(OperationEntry entry)
    {
        string path = Regex.Escape(entry.Path).Replace(@"\{", "{", StringComparison.Ordinal);
        return new Regex($"^{Placeholder().Replace(path, "[^/]+")}$", RegexOptions.None, TimeSpan.FromSeconds(1));
    }

    /// <summary>The build; <see langword="null"/> where the answer does not tell it, or is so long that it was cut.</summary>
    private static BuildNumber? BuildOf(CheckedOperation about)
    {
        try
        {
            return about.Mapped is { } mapped ? JsonSerializer.Deserialize(mapped, KsmgJson.Default.AboutDto)?.EarliestBuild : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>On one line, without secrets and addresses of people, and cut only then: no half of one is left.</summary>
    private static string Shown(string text, IReadOnlyList<string> secrets)
    {
        string shown = Sdk.Words.OneLine(MailAddress().Replace(SecretFilter.Redact(text, secrets), "***@***"));
        return shown.Length > Longest ? shown[..Longest] + "…" : shown;
    }

    /// <summary>An answer, what its entry makes of it, and what of that is not there or not known.</summary>
    private sealed record Reading(RecordedAnswer Answer, JsonNode? Mapped, IReadOnlyList<string> Secrets)
    {
        public List<(string Field, bool IsNeeded)> Untold { get; } = [];

        public List<(string Field, string Word)> Unknown { get; } = [];
    }

    [GeneratedRegex(@"\{\w+\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+", RegexOptions.None, 1000)]
    private static partial Regex MailAddress();
}
