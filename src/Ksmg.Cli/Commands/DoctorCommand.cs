using System.CommandLine;
using System.Net;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Dialects;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg doctor</c>: every call of the catalogue and every adapter, tried as far as that changes nothing.</summary>
internal static class DoctorCommand
{
    /// <summary>The calls that only read, and what they say.</summary>
    private static readonly Dictionary<string, Func<KsmgNode, CancellationToken, Task<string>>> Reads = new(StringComparer.Ordinal)
    {
        ["list-nodes"] = async (node, cancellationToken) =>
            Words.Count("doctor.nodes", await CountAsync(node.Nodes.ListAsync(cancellationToken), int.MaxValue).ConfigureAwait(false)),
        ["get-node-status"] = async (node, cancellationToken) => Say(await node.Nodes.GetStatusAsync(cancellationToken).ConfigureAwait(false)),
        ["get-current-user"] = async (node, cancellationToken) => Say(await node.Nodes.GetCurrentUserAsync(cancellationToken).ConfigureAwait(false)),
        ["get-queue-summary"] = async (node, cancellationToken) =>
            Words.Count("doctor.messages", (await node.Queue.GetSummaryAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Total),
        ["list-queue"] = async (node, cancellationToken) =>
            Words.Get(await CountAsync(node.Queue.ListMessagesAsync(cancellationToken: cancellationToken), most: 1).ConfigureAwait(false) == 0
                ? "doctor.queue-empty"
                : "doctor.queue-not-empty"),
        ["get-mail-flow"] = async (node, cancellationToken) =>
            Say(await node.Queue.GetSwitchesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)),
        ["list-updates"] = async (node, cancellationToken) =>
            Words.Count("doctor.uploads", (await node.Updates.ListUploadsAsync(cancellationToken).ConfigureAwait(false)).Count),
        ["get-update-status"] = async (node, cancellationToken) =>
            (await node.Updates.GetStatusAsync(cancellationToken).ConfigureAwait(false)).State.ToString(),
    };

    private const string Notifications = "Notifications";

    /// <summary>As long as a run gives each.</summary>
    private static readonly TimeSpan _notifyLimit = TimeSpan.FromSeconds(45);

    /// <summary>What the first call of a session tries, in this order.</summary>
    private static readonly string[] Session = ["get-auth-info", "user-login", "get-about"];

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("doctor", Words.Get("command.doctor"));
        Option<bool> notify = new("--notify") { Description = Words.Get("doctor.notify") };
        command.Options.Add(notify);
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            var calls = await Task.WhenAll(host.Cluster.Nodes.Select(node => ExamineAsync(host, node, console.End))).ConfigureAwait(false);
            Finding[] findings =
            [
                .. calls.SelectMany(call => call.Findings),
                .. await ExamineAsync(host, console.End).ConfigureAwait(false),
                .. result.GetValue(notify) ? await NotifyAsync(host, console.End).ConfigureAwait(false) : [],
            ];
            KnownDefect[] defects = [.. calls.Select(call => call.Build).OfType<BuildNumber>().SelectMany(build => host.Known.For(build, to: null)).Distinct()];
            if (output.IsJson)
            {
                output.Json(findings.Concat(defects.ToFindings().Select(d => new Finding(nameof(KnownDefects), d.Code, SelfTestOutcome.NotTried, d.Text))));
            }
            else
            {
                output.Table(["part", "what", "verdict", "known", "seen", "remedy"], [.. findings.Select(ToRow)]);
                output.SayDefects(defects);
                output.Say(Words.Get(
                    Count(SelfTestOutcome.UnknownWords) > 0 ? "doctor.summary-words" : "doctor.summary",
                    Count(SelfTestOutcome.Works),
                    Count(SelfTestOutcome.Fails),
                    Count(SelfTestOutcome.NotTried),
                    Count(SelfTestOutcome.UnknownWords)));
            }

            host.HintAtDialect(output, findings.Select(finding => finding.Fault));
            return Count(SelfTestOutcome.Fails) + Count(SelfTestOutcome.UnknownWords) > 0 ? ExitCodes.Failed : ExitCodes.Done;

            int Count(SelfTestOutcome verdict) => findings.Count(finding => finding.Verdict == verdict);
        }, configure: builder => builder.AddDialectCheck(allowsUnsure: false)));
        return command;
    }

    /// <summary>A node, call by call. One that cannot be logged in to is not asked again: attempts lock accounts.</summary>
    private static async Task<(IReadOnlyList<Finding> Findings, BuildNumber? Build)> ExamineAsync(
        CliHost host, KsmgNode node, CancellationToken cancellationToken)
    {
        OperationCatalogue catalogue = host.Catalogue;
        DialectCheck check = new(host.Cluster, host.Options);
        AboutInfo? about = null;
        string? failed = null;
        Finding session = await TryAsync(node.Name, "session", async () =>
        {
            try
            {
                about = await node.Updates.GetAboutAsync(cancellationToken).ConfigureAwait(false);
                return node.SessionOddity is { } oddity ? $"{about.Version}; {oddity}" : about.Version;
            }
            catch (KsmgApiException e)
            {
                failed = e.Operation;
                throw;
            }
        }).ConfigureAwait(false);
        List<Finding> findings = [];
        foreach (string operation in catalogue.Operations.Keys)
        {
            if (!catalogue.TryFind(operation, about?.Build, out OperationEntry? entry))
            {
                findings.Add(about?.Build is null
                    ? new Finding(node.Name, operation, SelfTestOutcome.NotTried, Words.Get("doctor.build-untold"))
                    : new Finding(
                        node.Name,
                        operation,
                        SelfTestOutcome.Fails,
                        Words.Get("doctor.no-entry", about.Build),
                        Remedy: Words.Get("doctor.add-entry", operation)));
                continue;
            }

            Finding finding = Session.Contains(operation) ? OfSession(session, operation, failed)
                : about is null ? new Finding(node.Name, operation, SelfTestOutcome.NotTried, Words.Get("doctor.session-failed"))
                : Reads.TryGetValue(operation, out var read) ? await ReadAsync(operation, read).ConfigureAwait(false)
                : new Finding(node.Name, operation, SelfTestOutcome.NotTried, Words.Get("doctor.would-change"));
            findings.Add(finding with { Known = $"{entry.Provenance.ToString().ToLowerInvariant()} {entry.Method} {entry.Path}" });
        }

        return (findings, about?.Build);

        async Task<Finding> ReadAsync(string operation, Func<KsmgNode, CancellationToken, Task<string>> read)
        {
            string? unknown = null;
            Finding finding = await TryAsync(node.Name, operation, async () =>
            {
                string seen = string.Empty;
                unknown = await check.WatchAsync(operation, about?.Build, async () => seen = await read(node, cancellationToken).ConfigureAwait(false))
                    .ConfigureAwait(false);
                return seen;
            }).ConfigureAwait(false);
            return unknown is null ? finding : finding with { Verdict = SelfTestOutcome.UnknownWords, Remedy = unknown };
        }
    }

    /// <summary>What the session says of one of its calls: of those before the one that failed nothing bad, of those after it nothing at all.</summary>
    private static Finding OfSession(Finding session, string operation, string? failed)
    {
        int at = Array.IndexOf(Session, failed);
        return at < 0 || operation == failed ? session with { What = operation }
            : Array.IndexOf(Session, operation) > at ? session with
            {
                What = operation,
                Verdict = SelfTestOutcome.NotTried,
                Seen = Words.Get("doctor.session-failed"),
                Remedy = null,
            }
            : session with { What = operation, Verdict = SelfTestOutcome.NotTried, Seen = Words.Get("doctor.nothing-wrong-before", failed), Remedy = null };
    }

    /// <summary>The neighbours. One without a test of its own is asked what an upgrade asks first.</summary>
    private static async Task<IReadOnlyList<Finding>> ExamineAsync(CliHost host, CancellationToken cancellationToken)
    {
        string[] nodes = [.. host.Cluster.Nodes.Select(node => node.Name)];
        string[] machines = [.. nodes.Where(node => !host.Policy.Accept.Contains(UpgradeConsents.NoSnapshotsOf(node), StringComparer.OrdinalIgnoreCase))];
        UpgradePorts ports = host.Neighbours;
        ILookup<string, Finding> tests = (await ports.TestAsync(nodes, host.Policy, cancellationToken: cancellationToken).ConfigureAwait(false))
            .SelectMany(test => test.Results.Select(r => new Finding(test.Port, r.Subject, r.Outcome, r.Text, r.Remedy)))
            .ToLookup(finding => finding.Part, StringComparer.Ordinal);
        List<Finding> findings =
        [
            .. await ExamineAsync("LoadBalancer", ports.LoadBalancer, UpgradeConsents.NoLoadBalancer, nodes, async (port, node) =>
                (await port.GetAsync(cancellationToken).ConfigureAwait(false)).TryGetValue(node, out LoadState? state)
                    ? $"{state.Mode}, {Words.Count("doctor.sessions", state.Sessions)}"
                    : throw new KsmgException(Words.Get("doctor.balancer-knows-not"))).ConfigureAwait(false),
            .. await ExamineAsync("Snapshots", ports.Snapshots, UpgradeConsents.NoSnapshots, machines, async (port, node) =>
                Words.Count("doctor.snapshots", (await port.ListAsync(node, cancellationToken).ConfigureAwait(false)).Count))
                .ConfigureAwait(false),
            .. await ExamineAsync("Configuration", ports.Configuration, UpgradeConsents.NoConfiguration, nodes, async (port, node) =>
                Words.Count("doctor.files", (await port.ListAsync(node, cancellationToken).ConfigureAwait(false)).Count)).ConfigureAwait(false),
            .. await ExamineAsync("MailProbe", ports.MailProbe, UpgradeConsents.NoMailProbe, nodes, async (port, node) =>
                await port.AskAsync(node, cancellationToken).ConfigureAwait(false) is { Accepted: true } answer
                    ? answer.Text
                    : throw new KsmgException(Words.Get("doctor.test-message-refused"))).ConfigureAwait(false),
            .. tests["Evidence"],
            .. tests["Hooks"],
            .. tests["Silence"],
            .. tests["Gates"],
        ];
        if (ports.Notifiers.Count == 0)
        {
            findings.Add(
                new Finding(
                    Notifications,
                    "-",
                    SelfTestOutcome.NotTried,
                    Words.Get("doctor.nobody-told"),
                    Words.Get("doctor.add-notifications")));
        }

        return [.. findings, .. tests[Notifications]];

        async Task<IEnumerable<Finding>> ExamineAsync<T>(
            string name, T? port, string consent, IReadOnlyList<string> asked, Func<T, string, Task<string>> ask)
            where T : class => port switch
            {
                null => [new Finding(name, "-", SelfTestOutcome.NotTried, Words.Get("doctor.none"), Words.Get("doctor.add-section", name, consent))],
                ISelfTest => tests[name],
                _ => await Task.WhenAll(asked.Select(node => TryAsync(name, node, () => ask(port, node)))).ConfigureAwait(false),
            };
    }

    /// <summary>Sends one notification through each notifier: one that says of itself that nothing has happened.</summary>
    private static async Task<IReadOnlyList<Finding>> NotifyAsync(CliHost host, CancellationToken cancellationToken)
    {
        UpgradeEvent test = new()
        {
            RunId = "doctor",
            Cluster = host.Cluster.Name,
            At = TimeProvider.System.GetUtcNow(),
            Kind = UpgradeEventKind.Notice,
            Text = Message.Said(Words.Get("doctor.test-notification", host.Cluster.Name)),
        };
        return await Task.WhenAll(host.Neighbours.Notifiers.Select(notifier => TryAsync(Notifications, notifier.GetType().Name, async () =>
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task told = notifier.NotifyAsync(test, limit.Token);
            try
            {
                await told.WaitAsync(_notifyLimit, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                await limit.CancelAsync().ConfigureAwait(false);
            }

            return Words.Get("doctor.notified");
        }))).ConfigureAwait(false);
    }

    private static async Task<Finding> TryAsync(string part, string what, Func<Task<string>> act)
    {
        try
        {
            return new Finding(part, what, SelfTestOutcome.Works, await act().ConfigureAwait(false));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever it is: one fault must not hide the other findings.
            return new Finding(part, what, SelfTestOutcome.Fails, e.Message, Remedy(e)) { Fault = e };
        }
    }

    /// <summary>Other faults say in their text what to do.</summary>
    private static string? Remedy(Exception e) => e switch
    {
        KsmgApiException { Status: HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed } api =>
            Words.Get("doctor.correct-entry", api.Operation),
        KsmgAuthenticationException { Reason: not (LoginRefusal.Unknown or LoginRefusal.WrongCredentials or LoginRefusal.NoPassword) } => null,
        KsmgAuthenticationException => Words.Get("doctor.correct-credentials"),
        KsmgCertificateException => Words.Get("doctor.compare-certificate"),
        _ => null,
    };

    private static async Task<int> CountAsync<T>(IAsyncEnumerable<T> items, int most)
    {
        int seen = 0;
        await foreach (T _ in items.ConfigureAwait(false))
        {
            if (++seen == most)
            {
                break;
            }
        }

        return seen;
    }

    private static string Say(NodeStatus status) => $"{status.Role}, {status.State}";

    private static string Say(CurrentUser user) =>
        string.Join(
            ", ",
            user.UserName,
            Words.Get(user.CanEditSettings ? "doctor.edits-settings" : "doctor.edits-no-settings"),
            Words.Get(user.CanManageNodes ? "doctor.manages-nodes" : "doctor.manages-no-nodes"));

    private static string Say(MailFlowSwitches switches) =>
        Words.Get("doctor.switches", Words.Get(switches.Receiving ? "table.on" : "table.off"), Words.Get(switches.Sending ? "table.on" : "table.off"));

    /// <summary>How a test came out, in a word.</summary>
    public static string Verdict(SelfTestOutcome outcome) => outcome switch
    {
        SelfTestOutcome.Works => Words.Get("doctor.works"),
        SelfTestOutcome.Fails => Words.Get("doctor.fails"),
        SelfTestOutcome.UnknownWords => Words.Get("doctor.unknown-words"),
        _ => Words.Get("doctor.not-tried"),
    };

    private static IReadOnlyList<string> ToRow(Finding finding) =>
        [
            finding.Part,
            finding.What,
            Verdict(finding.Verdict),
            finding.Known ?? "-",
            finding.Seen,
            finding.Remedy ?? string.Empty,
        ];

    private sealed record Finding(string Part, string What, SelfTestOutcome Verdict, string Seen, string? Remedy = null, string? Known = null)
    {
        /// <summary>What went wrong, for whoever looks at all of it.</summary>
        [JsonIgnore]
        public Exception? Fault { get; init; }
    }
}
