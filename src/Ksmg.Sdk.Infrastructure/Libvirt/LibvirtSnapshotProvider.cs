using System.Collections.Concurrent;
using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Snapshots of the nodes' machines through <c>virsh</c>. Machines are spoken of by UUID, so that another one that takes over a name is
/// never touched; only snapshots of upgrade runs are created and reverted to.
/// </summary>
public sealed class LibvirtSnapshotProvider : ISnapshotProvider, ISelfTest
{
    private const int MostSnapshots = 500;

    /// <summary>What libvirt says of a name that no snapshot has, in English; in another language a line like one of ours is an error.</summary>
    private const string NotThere = "no domain snapshot with matching name";

    private readonly LibvirtOptions _options;
    private readonly ProcessRunner _runner;

    /// <summary>What each node's name of a machine meant when it was first looked up.</summary>
    private readonly ConcurrentDictionary<string, Guid> _bound = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates the adapter; nothing is asked yet.</summary>
    /// <param name="options">Where libvirt is, and which machine each node is.</param>
    /// <param name="timeProvider">The clock of the time limits; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public LibvirtSnapshotProvider(LibvirtOptions options, TimeProvider? timeProvider = null)
    {
        (_options, _runner) = (options.Checked("Snapshots"), new ProcessRunner(timeProvider ?? TimeProvider.System));
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">libvirt does not answer, does not know the machine, or the name means another machine now.</exception>
    public async Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default)
    {
        string domain = await FindAsync(node, cancellationToken).ConfigureAwait(false);
        string[] names = await LinesAsync(node, domain, cancellationToken).ConfigureAwait(false);
        if (names.Length > MostSnapshots)
        {
            throw new KsmgException(
                Words.Get("libvirt.too-many", Name(node), names.Length, MostSnapshots))
            { Node = node };
        }

        List<NodeSnapshot> snapshots = [];
        foreach (string name in names)
        {
            if (await DescribeAsync(node, domain, name, cancellationToken).ConfigureAwait(false) is { } snapshot)
            {
                snapshots.Add(snapshot);
            }
        }

        return snapshots;
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">
    /// The name is not one of a run or is there already, or libvirt refuses, for lack of space for instance: the message repeats what it
    /// says. Where <c>virsh</c> took too long the snapshot may come to be all the same; the list tells.
    /// </exception>
    public async Task CreateAsync(string node, string name, CancellationToken cancellationToken = default)
    {
        OwnSnapshots.Require(node, name);
        if ((await ListAsync(node, cancellationToken).ConfigureAwait(false)).Any(snapshot => snapshot.Name == name))
        {
            throw new KsmgException(Words.Get("libvirt.exists", Name(node), name)) { Node = node };
        }

        await VirshAsync(
            node, _options.SnapshotTimeout, cancellationToken, "snapshot-create-as", await FindAsync(node, cancellationToken).ConfigureAwait(false),
            $"--name={name}", "--atomic").ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The name is not one of a run, or libvirt does not know it or refuses.</exception>
    public async Task RevertAsync(string node, string name, CancellationToken cancellationToken = default)
    {
        OwnSnapshots.Require(node, name);
        string domain = await FindAsync(node, cancellationToken).ConfigureAwait(false);
        await VirshAsync(node, _options.SnapshotTimeout, cancellationToken, "snapshot-revert", domain, $"--snapshotname={name}").ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) => NodeTests.AskEachAsync(
        nodes,
        async node =>
        {
            string count = Words.Count("test.snapshots", (await ListAsync(node, cancellationToken).ConfigureAwait(false)).Count);
            return await WhyNotAsync(node, cancellationToken).ConfigureAwait(false) is { } why
                ? new SelfTestResult(node, SelfTestOutcome.Fails, $"{Name(node)}: {why}", Words.Get("libvirt.other-ways", UpgradeConsents.NoSnapshotsOf(node)))
                : new SelfTestResult(node, SelfTestOutcome.Works, Words.Get("libvirt.works", _options.Domains[node], count));
        },
        Words.Get("libvirt.by-hand", _options.VirshPath));

    /// <summary>The names, line by line: one that holds line breaks, as none of ours does, takes several.</summary>
    private async Task<string[]> LinesAsync(string node, string domain, CancellationToken cancellationToken)
    {
        ProcessResult answer = await VirshAsync(node, _options.Timeout, cancellationToken, "snapshot-list", domain, "--name").ConfigureAwait(false);
        return [.. Encoding.UTF8.GetString(answer.Output.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The snapshot that a line names. A line that names none is passed over, and so is what others made and cannot be read, as long as libvirt
    /// answers at all.
    /// </summary>
    private async Task<NodeSnapshot?> DescribeAsync(string node, string domain, string name, CancellationToken cancellationToken)
    {
        try
        {
            ProcessResult document = await VirshAsync(
                node, _options.Timeout, cancellationToken, "snapshot-dumpxml", domain, $"--snapshotname={name}").ConfigureAwait(false);
            using MemoryStream stream = new(document.Output.ToArray());
            return LibvirtSnapshotXml.Read(stream);
        }
        catch (FormatException e) when (OwnSnapshots.Include(name))
        {
            throw new KsmgException(Words.Get("libvirt.not-understood", Name(node), name, e.Message), e) { Node = node };
        }
        catch (Exception e) when (
            e is FormatException || e is KsmgException && (!OwnSnapshots.Include(name) || e.Message.Contains(NotThere, StringComparison.Ordinal)))
        {
            _ = await LinesAsync(node, domain, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Why a snapshot of the node's machine, as it is defined, would be refused.</summary>
    private async Task<string?> WhyNotAsync(string node, CancellationToken cancellationToken)
    {
        string domain = await FindAsync(node, cancellationToken).ConfigureAwait(false);
        ProcessResult answer = await VirshAsync(node, _options.Timeout, cancellationToken, "dumpxml", domain).ConfigureAwait(false);
        try
        {
            using MemoryStream document = new(answer.Output.ToArray());
            return LibvirtDomainXml.WhyNoSnapshot(document);
        }
        catch (FormatException e)
        {
            throw new KsmgException(Words.Get("libvirt.machine-not-understood", Name(node), e.Message), e) { Node = node };
        }
    }

    /// <summary>The option that names the node's machine, by UUID.</summary>
    private async Task<string> FindAsync(string node, CancellationToken cancellationToken)
    {
        if (!_options.Domains.TryGetValue(node, out string? domain))
        {
            throw new KsmgException(Words.Get("libvirt.unknown-node", node, string.Join(", ", _options.Domains.Keys))) { Node = node };
        }

        if (!Guid.TryParseExact(domain, "D", out Guid id))
        {
            ProcessResult answer = await VirshAsync(node, _options.Timeout, cancellationToken, "domuuid", $"--domain={domain}").ConfigureAwait(false);
            if (!Guid.TryParseExact(Encoding.UTF8.GetString(answer.Output.Span).Trim(), "D", out id))
            {
                throw new KsmgException(Words.Get("libvirt.no-uuid", Name(node))) { Node = node };
            }
        }

        Guid before = _bound.GetOrAdd(node, id);
        if (before != id)
        {
            throw new KsmgException(
                Words.Get("libvirt.other-machine", Name(node), before, id))
            { Node = node };
        }

        string? twin = _bound.FirstOrDefault(other => other.Value == id && !other.Key.Equals(node, StringComparison.OrdinalIgnoreCase)).Key;
        return twin is null ? $"--domain={id}"
            : throw new KsmgException(Words.Get("libvirt.twin", Name(node), id, twin)) { Node = node };
    }

    private string Name(string node) => Words.Get("libvirt.name", node, _options.Domains[node]);

    private async Task<ProcessResult> VirshAsync(string node, TimeSpan timeout, CancellationToken cancellationToken, params string[] words)
    {
        ProcessResult result;
        try
        {
            result = await _runner.RunAsync(
                new ProcessCall(
                    _options.VirshPath,
                    ["-c", _options.Uri, "-q", .. words],
                    timeout)
                { InEnglish = true, Node = node }, cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgException e)
        {
            throw new KsmgException($"{Name(node)}: {words[0]}: {e.Message}", e) { Node = node };
        }

        return result.ExitCode == 0 ? result : throw new KsmgException(Words.Get("libvirt.failed", Name(node), words[0], result.Complaint)) { Node = node };
    }
}
