using System.Collections.Concurrent;
using System.Net;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Looks at the world and never changes it. A node that does not answer is an observation, not an exception. Keeps the short history
/// that some decisions need: how long something has been so.
/// </summary>
internal sealed class ClusterObserver(UpgradeWorld world, RunClock clock, IReadOnlyList<string> nodes, UpgradeJournal? journal, UpgradePolicy policy)
{
    /// <summary>Longer than mailboxes wait between two logins.</summary>
    private static readonly TimeSpan RetestAfter = TimeSpan.FromSeconds(70);

    private readonly Dictionary<string, NodeObservation> _last = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (BuildEvidence Evidence, DateTimeOffset At)> _evidence = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Reasons> _reasons = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (ReadOnlyMemory<byte> Json, ConfigurationManifest? Manifest)> _manifests = new(StringComparer.Ordinal);
    private readonly GateObserver _gates = new(world, clock);
    private readonly ServerAddresses _servers = new(world.MailAddresses);
    private DateTimeOffset? _noControlSince;
    private IReadOnlyList<PortSelfTest>? _selfTests;
    private DateTimeOffset? _testAgainAt;

    /// <summary>Asks each node for its facets; nodes without any are asked for the basics when what is known of them is old or not well.</summary>
    public async Task<ClusterObservation> ObserveAsync(
        IReadOnlyDictionary<string, Facets> wanted, UpgradePlan? plan, RunState? run, bool complete, CancellationToken cancellationToken)
    {
        Words.UseEnglish();

        // Every limit is judged by the time when the look began: what passes during it, or while the machine stands still in it, is judged
        // by the next one.
        DateTimeOffset now = clock.Now;
        (IReadOnlyDictionary<string, LoadState>? load, string? loadProblem) = await ReadLoadAsync(cancellationToken).ConfigureAwait(false);
        List<Task<NodeObservation>> readings = [];
        int known = 0;
        foreach (string name in nodes)
        {
            Facets facets = wanted.GetValueOrDefault(name) | (complete || IsStale(name, now) ? Facets.Basic : Facets.None)
                | (complete && _last.GetValueOrDefault(name)?.Role == NodeRole.Control ? Facets.NodeList : Facets.None);
            if (facets != Facets.None)
            {
                known += facets.HasFlag(Facets.Basic) ? 1 : 0;
                readings.Add(ReadAsync(name, facets, load?.GetValueOrDefault(name), plan, run, cancellationToken));
            }
            else
            {
                _last[name] = WithLoad(_last[name], load?.GetValueOrDefault(name), now);
            }
        }

        foreach (NodeObservation seen in await Task.WhenAll(readings).ConfigureAwait(false))
        {
            _last[seen.Name] = WithHistory(seen, _last.GetValueOrDefault(seen.Name));
        }

        IReadOnlySet<string>? ended = null;
        if (wanted.Values.Any(facets => facets.HasFlag(Facets.SelfTests)))
        {
            await TestPortsAsync(cancellationToken).ConfigureAwait(false);
            ended = journal is null || plan is null ? null : await journal.ListEndedAsync(RunOwner.Of(plan), cancellationToken).ConfigureAwait(false);
        }

        string? next = plan is null ? null : wanted.FirstOrDefault(w => w.Value.HasFlag(Facets.Gates)).Key;
        IReadOnlyList<GateReading> gates = next is null ? [] : await _gates.AskAsync(plan!, next, cancellationToken).ConfigureAwait(false);
        bool noControl = _last.Values.All(n => n.Answers && n.Role is not null && n.Role != NodeRole.Control);
        _noControlSince = noControl ? _noControlSince ?? now : null;
        return new ClusterObservation
        {
            At = now,
            Nodes = new Dictionary<string, NodeObservation>(_last, StringComparer.Ordinal),
            LoadProblem = loadProblem,
            IsBalanced = load is not null,
            SelfTests = _selfTests ?? [],
            IsTestedAgain = _testAgainAt is not null,
            EndedRuns = ended,
            Gates = gates,
            ServerFindings = await _servers.CompareAsync(load, cancellationToken).ConfigureAwait(false),
            IsComplete = known == nodes.Count,
            NoControlSince = _noControlSince,
        };
    }

    /// <summary>Once, and what failed once more later: a test may log in somewhere, and each refusal counts towards a lock-out.</summary>
    private async Task TestPortsAsync(CancellationToken cancellationToken)
    {
        if (world.Tested is not { } ports || _selfTests is not null && !(clock.Now >= _testAgainAt))
        {
            return;
        }

        bool first = _selfTests is null;
        string[] receiving = [.. nodes.Where(name => _last[name].Switches is not { Receiving: false })];
        _selfTests = await SelfTests.AskAsync(ports, nodes, receiving, policy, world.Time, cancellationToken).ConfigureAwait(false);
        _testAgainAt = first && _selfTests.Any(test => test.Results.Any(result => result.Fails)) ? clock.Now + RetestAfter : null;
    }

    private bool IsStale(string name, DateTimeOffset now) =>
        !_last.TryGetValue(name, out NodeObservation? seen) || now - seen.At >= policy.SlowPollInterval || !(seen.TakesMail || seen.IsMerelySilent);

    private async Task<(IReadOnlyDictionary<string, LoadState>?, string?)> ReadLoadAsync(CancellationToken cancellationToken)
    {
        if (world.Ports.LoadBalancer is null)
        {
            return (null, null);
        }

        try
        {
            return (await world.Ports.LoadBalancer.GetAsync(cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, e.Message);
        }
    }

    private async Task<NodeObservation> ReadAsync(
        string name, Facets facets, LoadState? load, UpgradePlan? plan, RunState? run, CancellationToken cancellationToken)
    {
        NodeObservation seen = Recognize(await ReadNodeAsync(name, facets, load, cancellationToken).ConfigureAwait(false), plan);
        if (facets.HasFlag(Facets.Arrivals) && seen is { Answers: true, Queues: null })
        {
            seen = seen with { Queues = await AskQueuesAsync(name, cancellationToken).ConfigureAwait(false) };
        }

        if (facets.HasFlag(Facets.QueueReasons) && seen.Queues is { Total: > 0 })
        {
            Reasons why = await AskWhyAsync(name, cancellationToken).ConfigureAwait(false);
            seen = seen with { Waiting = why.Waiting, WaitingProblem = why.Problem };
        }

        try
        {
            return await ReadPortsAsync(seen, facets, plan, run, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return seen with { PortProblem = e.Message };
        }
    }

    private async Task<QueueSummary?> AskQueuesAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await world.Nodes[name].GetQueuesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Why mail waits, for people: asked now and then only, and no reason for anything when it is not told.</summary>
    private async Task<Reasons> AskWhyAsync(string name, CancellationToken cancellationToken)
    {
        DateTimeOffset now = clock.Now;
        if (_reasons.TryGetValue(name, out Reasons? known) && (now - known.At).Duration() < policy.SlowPollInterval)
        {
            return known;
        }

        try
        {
            IReadOnlyList<QueuedMessage> messages = await world.Nodes[name].ListQueueAsync(QueueReport.Sample, cancellationToken).ConfigureAwait(false);
            known = new Reasons(now, QueueReport.Group(messages), null);
        }
        catch (KsmgMissingOperationException)
        {
            // The appliance tells nobody, and the dialect says so.
            known = new Reasons(now, null, null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            known = new Reasons(now, known?.Waiting, e.Message);
        }

        return _reasons[name] = known;
    }

    /// <summary>What it answered before it failed counts. Made once, with all of it: most looks ask for little, and there are many.</summary>
    private async Task<NodeObservation> ReadNodeAsync(string name, Facets facets, LoadState? load, CancellationToken cancellationToken)
    {
        INodePort node = world.Nodes[name];
        (DateTimeOffset at, DateTimeOffset wall) = (clock.Now, clock.Wall);
        NodeStatus? status = null;
        AboutInfo? about = null;
        MailFlowSwitches? switches = null;
        QueueSummary? queues = null;
        UpdateStatus? update = null;
        UploadWay uploadWay = UploadWay.Observed;
        IReadOnlyList<UploadedUpdate>? uploads = null;
        CurrentUser? user = null;
        IReadOnlyList<Node>? nodeList = null;
        Facets untold = Facets.None;
        Exception? failure = null;
        try
        {
            if (facets.HasFlag(Facets.Status))
            {
                // A node that restarts is asked again and again: why it is silent is read, and need not be thrown.
                Task<NodeStatus> asked = node.GetStatusAsync(cancellationToken);
                await ((Task)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (asked.Exception is { InnerException: { } silent } && !cancellationToken.IsCancellationRequested)
                {
                    return new NodeObservation { Name = name, At = at, WallAt = wall, Load = load, Failure = silent };
                }

                status = await asked.ConfigureAwait(false);
            }

            about = facets.HasFlag(Facets.About) ? await node.GetAboutAsync(cancellationToken).ConfigureAwait(false) : null;
            switches = facets.HasFlag(Facets.Switches) ? await node.GetSwitchesAsync(cancellationToken).ConfigureAwait(false) : null;
            if (facets.HasFlag(Facets.Queues))
            {
                queues = Usable(name, await node.GetQueuesAsync(cancellationToken).ConfigureAwait(false));
                untold |= queues is null ? Facets.Queues : Facets.None;
            }

            if (facets.HasFlag(Facets.Update))
            {
                update = await node.GetUpdateAsync(cancellationToken).ConfigureAwait(false);
                untold |= update is null ? Facets.Update : Facets.None;
            }

            if (facets.HasFlag(Facets.Uploads))
            {
                uploadWay = await node.GetUploadWayAsync(cancellationToken).ConfigureAwait(false);
                uploads = uploadWay.Lists ? await node.ListUploadsAsync(cancellationToken).ConfigureAwait(false) : null;
            }

            user = facets.HasFlag(Facets.User) ? await node.GetUserAsync(cancellationToken).ConfigureAwait(false) : null;
            nodeList = facets.HasFlag(Facets.NodeList) ? await node.ListNodesAsync(cancellationToken).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            failure = e;
        }

        return new NodeObservation
        {
            Name = name,
            At = at,
            WallAt = wall,
            Load = load,
            Failure = failure,
            Untold = untold,
            Status = status,
            About = about,
            Switches = switches,
            Queues = queues,
            Update = update,
            UploadWay = uploadWay,
            Uploads = uploads,
            User = user,
            NodeList = nodeList,
        };
    }

    /// <summary>What answers under a node's address must be the node that was planned, by the address under which the cluster knows it.</summary>
    private static NodeObservation Recognize(NodeObservation seen, UpgradePlan? plan)
    {
        PlannedNode? planned = plan?.Nodes.FirstOrDefault(n => n.Name == seen.Name);
        if (seen.Status is not { Address.Length: > 0 } status || planned is not { ClusterAddress.Length: > 0 }
            || RunOwner.IsSameAddress(status.Address, planned.ClusterAddress))
        {
            return seen;
        }

        return new NodeObservation
        {
            Name = seen.Name,
            At = seen.At,
            WallAt = seen.WallAt,
            Load = seen.Load,
            ProblemKind = NodeProblemKind.Another,
            Problem = Message.Of("seen.another-node", status.Address, planned.ClusterAddress).English,
        };
    }

    /// <summary>A count below zero is no answer: whatever it stands for, it is not an empty queue.</summary>
    private static QueueSummary? Usable(string name, QueueSummary? queues) => queues is not { IsUnusable: true }
        ? queues
        : throw new KsmgApiException(
            Words.Get("wait.queues-unusable", queues.Mta, queues.KataQuarantine, queues.AntiSpamQuarantine, queues.SmtpSessions ?? 0))
        {
            Node = name,
            Operation = OperationNames.GetQueueSummary,
            Status = HttpStatusCode.OK,
        };

    private async Task<NodeObservation> ReadPortsAsync(
        NodeObservation seen, Facets facets, UpgradePlan? plan, RunState? run, CancellationToken cancellationToken)
    {
        string name = seen.Name;
        if (facets.HasFlag(Facets.Snapshots) && world.Ports.Snapshots is { } snapshots && !policy.Waives(UpgradeConsents.NoSnapshotsOf(name)))
        {
            seen = seen with { Snapshots = await snapshots.ListAsync(name, cancellationToken).ConfigureAwait(false) };
        }

        if (facets.HasFlag(Facets.About) && world.Ports.BuildEvidence is { } evidence)
        {
            seen = seen with { Evidence = await AskAsync(evidence, name, cancellationToken).ConfigureAwait(false) };
        }

        if (facets.HasFlag(Facets.Rcpt) && world.Ports.MailProbe is { } probe)
        {
            seen = seen with { Rcpt = await probe.AskAsync(name, cancellationToken).ConfigureAwait(false) };
        }

        if (facets.HasFlag(Facets.Probe))
        {
            seen = seen with { ProbeDomain = world.Ports.MailProbe?.MessageIdDomain };
        }

        if (facets.HasFlag(Facets.Probe) && world.Ports.MailProbe is { } mail
            && run?[new StepKey(StepId.TestMessage, name)].Value(Marks.MessageId) is { } messageId)
        {
            seen = seen with { ProbeCopies = await mail.FindAsync(messageId, cancellationToken).ConfigureAwait(false) };
        }

        if ((facets & (Facets.SavedConfiguration | Facets.RestorableConfiguration)) != Facets.None && plan is not null)
        {
            ReadOnlyMemory<byte>? json = await journal!.ReadFileAsync(
                plan.RunId, ConfigurationManifest.FileName(name), cancellationToken).ConfigureAwait(false);
            seen = seen with { SavedConfiguration = json is { } bytes ? ReadManifest(name, bytes) : null };
        }

        if (facets.HasFlag(Facets.RestorableConfiguration) && seen.SavedConfiguration is { } manifest)
        {
            seen = seen with
            {
                RestorableConfiguration = await CompareAsync(name, manifest, plan!.To, cancellationToken).ConfigureAwait(false),
                ConflictsDescribed = await journal!.ReadFileAsync(
                    plan.RunId, ConfigurationManifest.ConflictsName(name), cancellationToken).ConfigureAwait(false) is not null,
            };
        }

        return seen;
    }

    /// <summary>The same bytes are the same manifest: they are read with every look at a node whose files are saved or written back.</summary>
    private ConfigurationManifest? ReadManifest(string name, ReadOnlyMemory<byte> json)
    {
        if (_manifests.TryGetValue(name, out (ReadOnlyMemory<byte> Json, ConfigurationManifest? Manifest) known)
            && known.Json.Span.SequenceEqual(json.Span))
        {
            return known.Manifest;
        }

        ConfigurationManifest? manifest = ManifestJson.Read(json.Span);
        _manifests[name] = (json.ToArray(), manifest);
        return manifest;
    }

    /// <summary>Evidence comes with wall time, which may have been set since: what was seen before keeps the time it was first seen with.</summary>
    private BuildEvidence? Dated(NodeObservation seen)
    {
        if (seen.Evidence is not { } evidence)
        {
            return null;
        }

        if (!_evidence.TryGetValue(seen.Name, out (BuildEvidence Evidence, DateTimeOffset At) known) || known.Evidence != evidence)
        {
            known = (evidence, clock.FromWall(evidence.SeenAt));
            _evidence[seen.Name] = known;
        }

        return evidence with { SeenAt = known.At };
    }

    /// <summary>No upgrade needs it: who cannot say anything holds nothing up.</summary>
    private static async Task<BuildEvidence?> AskAsync(IBuildEvidence evidence, string node, CancellationToken cancellationToken)
    {
        try
        {
            return await evidence.GetAsync(node, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<RestorableFile>> CompareAsync(
        string node, ConfigurationManifest manifest, BuildNumber to, CancellationToken cancellationToken)
    {
        IConfigurationFiles port = world.Ports.Configuration!;
        IReadOnlyList<ConfigurationFile> listed = await port.ListAsync(node, cancellationToken).ConfigureAwait(false);
        Dictionary<string, ConfigurationFile> now = listed.ToDictionary(f => f.Path, StringComparer.Ordinal);
        List<RestorableFile> files = [];
        foreach (ConfigurationFile saved in manifest.Files)
        {
            files.Add(new RestorableFile(
                saved,
                now.GetValueOrDefault(saved.Path),
                manifest.Shipped?.GetValueOrDefault(saved.Path)
                    ?? await port.GetPristineSha256Async(node, saved.Path, manifest.Build, cancellationToken).ConfigureAwait(false),
                await port.GetPristineSha256Async(node, saved.Path, to, cancellationToken).ConfigureAwait(false)));
        }

        return files;
    }

    private NodeObservation WithHistory(NodeObservation seen, NodeObservation? before)
    {
        // A node that no load balancer shields is asked by senders all the time and refuses them: those sessions bring no mail.
        bool shielded = seen.Load is { Mode: not LoadMode.Ready };
        bool empty = seen.Queues is { IsEmpty: true, IsUnusable: false } queues && !(shielded && (queues.SmtpSessions > 0 || seen.Load!.Sessions > 0));
        (DateTimeOffset? connectedAt, DateTimeOffset? quietSince) = Sessions(seen, seen.Load, before, seen.At);
        return seen with
        {
            Evidence = Dated(seen),
            ConnectedAt = connectedAt,
            QuietSince = quietSince,
            Progress = seen.Queues is { } held ? QueueProgress.After(before?.Progress, held.Total, seen.At) : before?.Progress,
            EmptySince = empty ? before?.EmptySince ?? seen.At : null,
            SteadySince = SteadySince(seen, before),
            LastInstallingAt = seen.Update?.IsRunning == true ? seen.At : before?.LastInstallingAt,
            LastReceiving = seen.Switches?.Receiving ?? before?.LastReceiving,
            LastQueues = seen.Queues is { } told ? (told, seen.WallAt) : before?.LastQueues,
            OutOfWorkSince = OutOfWorkSince(seen, before),
        };
    }

    /// <summary>A look that says nothing of the build neither begins nor ends it.</summary>
    private static DateTimeOffset? SteadySince(NodeObservation seen, NodeObservation? before)
    {
        if (!seen.Answers || seen.About is null)
        {
            return seen.Answers ? before?.SteadySince : null;
        }

        return seen.About == before?.About ? before.SteadySince ?? seen.At : seen.At;
    }

    private static DateTimeOffset? OutOfWorkSince(NodeObservation seen, NodeObservation? before)
    {
        if (seen.Status is null && seen.Answers)
        {
            return before?.OutOfWorkSince;
        }

        return seen.TakesMail ? null : before?.OutOfWorkSince ?? seen.At;
    }

    /// <summary>What the load balancer says of a node that was not asked itself.</summary>
    private static NodeObservation WithLoad(NodeObservation before, LoadState? load, DateTimeOffset now)
    {
        (DateTimeOffset? connectedAt, DateTimeOffset? quietSince) = Sessions(before, load, before, now);
        return load == before.Load && connectedAt == before.ConnectedAt && quietSince == before.QuietSince
            ? before
            : before with { Load = load, ConnectedAt = connectedAt, QuietSince = quietSince };
    }

    /// <summary>When a session was seen to come to a node last, and since when none comes.</summary>
    private static (DateTimeOffset? ConnectedAt, DateTimeOffset? QuietSince) Sessions(
        NodeObservation seen, LoadState? load, NodeObservation? before, DateTimeOffset now)
    {
        bool counts = load?.SessionsTotal is not null;
        bool counted = load?.SessionsTotal is { } total && before?.Load?.SessionsTotal is { } known && (total > known || total < known && total > 0);
        bool onNode = seen.Queues?.SmtpSessions > 0;
        bool came = counts ? counted : load is { Sessions: > 0 } || onNode || seen.Queues?.Total > before?.Queues?.Total;
        return (came ? now : before?.ConnectedAt, load is { Mode: not LoadMode.Ready } && !counted && !onNode ? before?.QuietSince ?? now : null);
    }

    /// <summary>Why mail waited when a node was last asked.</summary>
    private sealed record Reasons(DateTimeOffset At, IReadOnlyList<WaitingMail>? Waiting, string? Problem);
}
