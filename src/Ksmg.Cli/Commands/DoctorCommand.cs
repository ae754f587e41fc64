using System.CommandLine;
using System.Globalization;
using System.Net;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg doctor</c>: every call of the catalogue and every adapter, tried as far as that changes nothing.</summary>
internal static class DoctorCommand
{
    /// <summary>The calls that only read, and what they say.</summary>
    private static readonly Dictionary<string, Func<KsmgNode, CancellationToken, Task<string>>> Reads = new(StringComparer.Ordinal)
    {
        ["list-nodes"] = async (node, cancellationToken) =>
            Count(await CountAsync(node.Nodes.ListAsync(cancellationToken), int.MaxValue).ConfigureAwait(false), "node"),
        ["get-node-status"] = async (node, cancellationToken) => Say(await node.Nodes.GetStatusAsync(cancellationToken).ConfigureAwait(false)),
        ["get-current-user"] = async (node, cancellationToken) => Say(await node.Nodes.GetCurrentUserAsync(cancellationToken).ConfigureAwait(false)),
        ["get-queue-summary"] = async (node, cancellationToken) =>
            Count((await node.Queue.GetSummaryAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Total, "message"),
        ["list-queue"] = async (node, cancellationToken) =>
            await CountAsync(node.Queue.ListMessagesAsync(cancellationToken: cancellationToken), most: 1).ConfigureAwait(false) == 0 ? "empty" : "not empty",
        ["get-mail-flow"] = async (node, cancellationToken) =>
            Say(await node.Queue.GetSwitchesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)),
        ["list-updates"] = async (node, cancellationToken) =>
            Count((await node.Updates.ListUploadsAsync(cancellationToken).ConfigureAwait(false)).Count, "upload"),
        ["get-update-status"] = async (node, cancellationToken) =>
            (await node.Updates.GetStatusAsync(cancellationToken).ConfigureAwait(false)).State.ToString(),
    };

    /// <summary>What the first call of a session tries, in this order.</summary>
    private static readonly string[] Session = ["get-auth-info", "user-login", "get-about"];

    private enum Verdict
    {
        Works,
        Fails,

        /// <summary>Trying it would change something, or cannot be tried now.</summary>
        NotTried,
    }

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("doctor", "Tries every call and every adapter as far as that changes nothing; says what does not work, and what to do.");
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            OperationCatalogue catalogue = host.Catalogue;
            var calls = await Task.WhenAll(host.Cluster.Nodes.Select(node => ExamineAsync(node, catalogue, console.End))).ConfigureAwait(false);
            Finding[] findings = [.. calls.SelectMany(finding => finding), .. await ExamineAsync(host, console.End).ConfigureAwait(false)];
            if (output.IsJson)
            {
                output.Json(findings);
            }
            else
            {
                output.Table(["part", "what", "verdict", "known", "seen", "what to do"], [.. findings.Select(ToRow)]);
            }

            return findings.Any(finding => finding.Verdict == Verdict.Fails) ? ExitCodes.Failed : ExitCodes.Done;
        }));
        return command;
    }

    /// <summary>A node, call by call. One that cannot be logged in to is not asked again: attempts lock accounts.</summary>
    private static async Task<IReadOnlyList<Finding>> ExamineAsync(KsmgNode node, OperationCatalogue catalogue, CancellationToken cancellationToken)
    {
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
                    ? new Finding(node.Name, operation, Verdict.NotTried, "The node does not say its build.")
                    : new Finding(
                        node.Name, operation, Verdict.Fails, $"There is no entry for build {about.Build}.", Remedy: $"Add one to Catalogue:{operation}."));
                continue;
            }

            Finding finding = Session.Contains(operation) ? OfSession(session, operation, failed)
                : about is null ? new Finding(node.Name, operation, Verdict.NotTried, "The session failed.")
                : Reads.TryGetValue(operation, out var read) ? await TryAsync(node.Name, operation, () => read(node, cancellationToken)).ConfigureAwait(false)
                : new Finding(node.Name, operation, Verdict.NotTried, "It would change the node.");
            findings.Add(finding with { Known = $"{entry.Provenance} {entry.Method} {entry.Path}".ToLowerInvariant() });
        }

        return findings;
    }

    /// <summary>What the session says of one of its calls: of those before the one that failed nothing bad, of those after it nothing at all.</summary>
    private static Finding OfSession(Finding session, string operation, string? failed)
    {
        int at = Array.IndexOf(Session, failed);
        return at < 0 || operation == failed ? session with { What = operation }
            : Array.IndexOf(Session, operation) > at ? session with
            {
                What = operation,
                Verdict = Verdict.NotTried,
                Seen = "The session failed.",
                Remedy = null,
            }
            : session with { What = operation, Verdict = Verdict.NotTried, Seen = $"Nothing was wrong with it before {failed}.", Remedy = null };
    }

    /// <summary>The neighbours. One without a test of its own is asked what an upgrade asks first.</summary>
    private static async Task<IReadOnlyList<Finding>> ExamineAsync(CliHost host, CancellationToken cancellationToken)
    {
        string[] nodes = [.. host.Cluster.Nodes.Select(node => node.Name)];
        string[] machines = [.. nodes.Where(node => !host.Policy.Accept.Contains(UpgradeConsents.NoSnapshotsOf(node), StringComparer.OrdinalIgnoreCase))];
        UpgradePorts ports = host.Neighbours;
        List<Finding> findings =
        [
            .. await ExamineAsync("LoadBalancer", ports.LoadBalancer, UpgradeConsents.NoLoadBalancer, nodes, async (port, node) =>
                (await port.GetAsync(cancellationToken).ConfigureAwait(false)).TryGetValue(node, out LoadState? state)
                    ? $"{state.Mode}, {Count(state.Sessions, "session")}"
                    : throw new KsmgException("The balancer does not know this node."), cancellationToken).ConfigureAwait(false),
            .. await ExamineAsync("Snapshots", ports.Snapshots, UpgradeConsents.NoSnapshots, machines, async (port, node) =>
                Count((await port.ListAsync(node, cancellationToken).ConfigureAwait(false)).Count, "snapshot"), cancellationToken).ConfigureAwait(false),
            .. await ExamineAsync("Configuration", ports.Configuration, UpgradeConsents.NoConfiguration, nodes, async (port, node) =>
                Count((await port.ListAsync(node, cancellationToken).ConfigureAwait(false)).Count, "file"), cancellationToken).ConfigureAwait(false),
            .. await ExamineAsync("MailProbe", ports.MailProbe, UpgradeConsents.NoMailProbe, nodes, async (port, node) =>
                await port.AskAsync(node, cancellationToken).ConfigureAwait(false) is { Accepted: true } answer
                    ? answer.Text
                    : throw new KsmgException("The node does not take the test message now."), cancellationToken).ConfigureAwait(false),
        ];
        if (ports.BuildEvidence is ISelfTest evidence)
        {
            findings.AddRange(From("Evidence", await evidence.TestAsync(nodes, cancellationToken).ConfigureAwait(false)));
        }

        if (ports.Notifiers.Count == 0)
        {
            findings.Add(
                new Finding(
                    "Notifications",
                    "-",
                    Verdict.NotTried,
                    "None is configured: nobody is told when a run stops, ends or needs a decision.",
                    "Add Notifications: [ { \"Kind\": … } ]."));
        }

        foreach (ISelfTest notifier in ports.Notifiers.OfType<ISelfTest>())
        {
            findings.AddRange(From("Notifications", await notifier.TestAsync(nodes, cancellationToken).ConfigureAwait(false)));
        }

        return findings;
    }

    private static async Task<IEnumerable<Finding>> ExamineAsync<T>(
        string name, T? port, string consent, IReadOnlyList<string> nodes, Func<T, string, Task<string>> ask, CancellationToken cancellationToken)
        where T : class => port switch
        {
            null => [new Finding(name, "-", Verdict.NotTried, "None is configured.", $"Add the section {name}, or run with the consent '{consent}'.")],
            ISelfTest test => From(name, await test.TestAsync(nodes, cancellationToken).ConfigureAwait(false)),
            _ => await Task.WhenAll(nodes.Select(node => TryAsync(name, node, () => ask(port, node)))).ConfigureAwait(false),
        };

    private static IEnumerable<Finding> From(string part, IReadOnlyList<SelfTestResult> results) =>
        results.Select(result => new Finding(part, result.Subject, result.Works ? Verdict.Works : Verdict.Fails, result.Text, result.Remedy));

    private static async Task<Finding> TryAsync(string part, string what, Func<Task<string>> act)
    {
        try
        {
            return new Finding(part, what, Verdict.Works, await act().ConfigureAwait(false));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever it is: one fault must not hide the other findings.
            return new Finding(part, what, Verdict.Fails, e.Message, Remedy(e));
        }
    }

    /// <summary>Other faults say in their text what to do.</summary>
    private static string? Remedy(Exception e) => e switch
    {
        KsmgApiException { Status: HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed } api =>
            $"This build does not know the call. Record what its web interface sends and correct Catalogue:{api.Operation}; docs/wire.md says how.",
        KsmgAuthenticationException { Reason: not (LoginRefusal.Unknown or LoginRefusal.WrongCredentials or LoginRefusal.NoPassword) } => null,
        KsmgAuthenticationException => "Correct Credentials. Do not try again and again: accounts get locked.",
        KsmgCertificateException => "Compare the certificate on the node itself, then correct the node's Fingerprint.",
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
        $"{user.UserName}, may {(user.CanEditSettings ? string.Empty : "not ")}edit settings, may {(user.CanManageNodes ? string.Empty : "not ")}manage nodes";

    private static string Say(MailFlowSwitches switches) => $"receiving {(switches.Receiving ? "on" : "off")}, sending {(switches.Sending ? "on" : "off")}";

    private static string Count(long number, string of) => string.Create(CultureInfo.InvariantCulture, $"{number} {of}{(number == 1 ? string.Empty : "s")}");

    private static IReadOnlyList<string> ToRow(Finding finding) =>
        [
            finding.Part,
            finding.What,
            finding.Verdict == Verdict.NotTried ? "not tried" : finding.Verdict.ToString().ToLowerInvariant(),
            finding.Known ?? "-",
            finding.Seen,
            finding.Remedy ?? string.Empty,
        ];

    private sealed record Finding(string Part, string What, Verdict Verdict, string Seen, string? Remedy = null, string? Known = null);
}
