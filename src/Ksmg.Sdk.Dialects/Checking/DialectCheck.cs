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

        // What its arguments needed was asked before it.
        RecordedAnswer? own = answers.LastOrDefault(answer => answer.Method == entry.Method && PathOf(entry).IsMatch(answer.Path));
        CheckedOperation found = finding(fault is null ? SelfTestOutcome.Works : SelfTestOutcome.Fails, fault?.Message ?? Words.Get("check.understood"));
        if (own is null)
        {
            return (found, fault);
        }

        string[] secrets = [.. answers.SelectMany(answer => answer.Secrets).Append(password)];
        found = found with { Raw = Shown(own.Text, secrets) };
        JsonTypeInfo shape = Array.Find(Clues.Operations, clues => clues.Operation == operation)!.Shape!;
        if (Map(entry, own, shape) is not { } mapped)
        {
            return (found, fault);
        }

        List<(string Field, bool IsNeeded)> untold = [];
        List<string> unknown = [];
        Look(operation, shape, mapped, string.Empty, untold, unknown);
        string[] missing = [.. untold.Where(field => field.IsNeeded).Select(field => field.Field).Distinct(StringComparer.Ordinal)];
        return (found with
        {
            Outcome = missing.Length > 0 ? SelfTestOutcome.Fails : found.Outcome,
            Mapped = Shown(mapped.ToJsonString(), secrets),
            MissingFields = missing,
            UntoldFields = [.. untold.Where(field => !field.IsNeeded).Select(field => field.Field).Distinct(StringComparer.Ordinal)],
            UnknownWords = [.. unknown.Distinct(StringComparer.Ordinal).Select(word => Shown(word, secrets))],
        }, fault);
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
    private static void Look(
        string operation, JsonTypeInfo shape, JsonNode? node, string field, List<(string Field, bool IsNeeded)> untold, List<string> unknown)
    {
        switch (node)
        {
            case JsonArray items:
                JsonTypeInfo item = shape.Kind == JsonTypeInfoKind.Enumerable ? shape.Options.GetTypeInfo(shape.Type.GetGenericArguments()[0]) : shape;
                foreach (JsonNode? one in items)
                {
                    Look(operation, item, one, field, untold, unknown);
                }

                break;
            case JsonObject members when shape.Kind == JsonTypeInfoKind.Object:
                foreach (JsonPropertyInfo member in shape.Properties.Where(p => p.Set is not null))
                {
                    string name = field.Length == 0 ? member.Name : $"{field}.{member.Name}";
                    if (members[member.Name] is { } value)
                    {
                        Type type = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
                        Look(operation, shape.Options.GetTypeInfo(type), value, name, untold, unknown);
                    }
                    else
                    {
                        untold.Add((name, member.IsRequired));
                    }
                }

                break;
            case JsonValue value when Clues.WordsOf(operation, field) is { } words && value.TryGetValue(out string? text) && !words.ContainsKey(text):
                unknown.Add($"{field}: {text}");
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

    private static BuildNumber? BuildOf(CheckedOperation about) =>
        about.Mapped is { } mapped && JsonSerializer.Deserialize(mapped, KsmgJson.Default.AboutDto) is { } told ? told.EarliestBuild : null;

    /// <summary>On one line, without secrets and addresses of people, and cut only then: no half of one is left.</summary>
    private static string Shown(string text, IReadOnlyList<string> secrets)
    {
        string shown = Sdk.Words.OneLine(MailAddress().Replace(SecretFilter.Redact(text, secrets), "***@***"));
        return shown.Length > Longest ? shown[..Longest] + "…" : shown;
    }

    [GeneratedRegex(@"\{\w+\}", RegexOptions.None, 1000)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+", RegexOptions.None, 1000)]
    private static partial Regex MailAddress();
}
