using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Ksmg.Simulator;

/// <summary>
/// Many simulated clusters in one process, independent of each other but for their clock, one web server and one package. What is asked of a
/// single cluster is asked of <see cref="SimulatedFleetMember.Cluster"/>.
/// </summary>
public sealed class SimulatedFleet : IAsyncDisposable
{
    private WebHost? _web;

    private SimulatedFleet(SimulatedFleetOptions options, TimeProvider time, Func<SimulatedClusterOptions, SimulatedCluster> create)
    {
        (Options, Time) = (options, time);
        Members = FleetDraw.Draw(options, create);
    }

    /// <summary>What is simulated.</summary>
    public SimulatedFleetOptions Options { get; }

    /// <summary>The clock of all clusters.</summary>
    public TimeProvider Time { get; }

    /// <summary>The clusters, <c>c001</c> first.</summary>
    public IReadOnlyList<SimulatedFleetMember> Members { get; }

    /// <summary>The cluster of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public SimulatedFleetMember this[string name] =>
        Members.FirstOrDefault(member => member.Name == name) ?? throw new ArgumentException($"There is no cluster '{name}'.", nameof(name));

    /// <summary>A fleet without sockets.</summary>
    /// <param name="options">What is simulated.</param>
    /// <param name="time">The clock, such as a <see cref="VirtualTimeProvider"/>.</param>
    public static SimulatedFleet CreateVirtual(SimulatedFleetOptions? options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var fleet = new SimulatedFleet(options ?? new SimulatedFleetOptions(), time, cluster => SimulatedCluster.CreateVirtual(cluster, time));
        fleet.Begin();
        return fleet;
    }

    /// <summary>Starts every cluster on loopback, as <see cref="SimulatedCluster.StartAsync"/> does one.</summary>
    /// <param name="options">What is simulated.</param>
    /// <param name="time">The clock; default: the system's.</param>
    /// <param name="cancellationToken">Ends the start, not the fleet.</param>
    /// <exception cref="IOException">There are not enough ports or file handles: a cluster needs nine, and four more for each node.</exception>
    public static async Task<SimulatedFleet> StartAsync(
        SimulatedFleetOptions? options = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        time ??= TimeProvider.System;
        var fleet = new SimulatedFleet(options ?? new SimulatedFleetOptions(), time, cluster => SimulatedCluster.CreateUnstarted(cluster, time));
        try
        {
            var ports = new WebPorts[fleet.Members.Count];
            Parallel.For(
                0,
                ports.Length,
                new ParallelOptions { CancellationToken = cancellationToken },
                i => ports[i] = fleet.Members[i].Cluster.Listen());
            fleet._web = await WebHost.StartAsync(ports, cancellationToken).ConfigureAwait(false);
            fleet.Begin();
            return fleet;
        }
        catch (Exception failed)
        {
            await fleet.DisposeAsync().ConfigureAwait(false);
            if (failed is AggregateException { InnerException: SocketException closed })
            {
                throw new IOException(Words.Get("simulator.no-port", closed.Message), closed);
            }

            throw;
        }
    }

    /// <summary>
    /// Writes what a client needs: <c>fleet.json</c>, <c>update.zip</c> for all clusters, and in a folder for each <c>cluster.json</c> and the
    /// password file. What a person wrote into a <c>cluster.json</c> stays, as <see cref="SimulatedCluster.WriteFilesAsync"/> says; an existing
    /// <c>fleet.json</c> is replaced.
    /// </summary>
    /// <param name="directory">The folder; created if it is missing.</param>
    /// <param name="cancellationToken">Ends the writing; files may be incomplete then.</param>
    /// <exception cref="InvalidOperationException">The fleet runs without sockets.</exception>
    /// <exception cref="IOException">What stands in a <c>cluster.json</c> cannot be read, and is left alone; or a file cannot be written.</exception>
    public async Task WriteFilesAsync(string directory, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(directory);
        foreach (SimulatedFleetMember member in Members)
        {
            JsonObject document = ClusterDocument.Describe(member.Cluster, member.Name);

            // The canaries of the fleet take the place of each cluster's first node.
            document["Ksmg"]!["Policy"]!["PauseAfter"] = "None";
            await member.Cluster.WriteConfigurationAsync(Path.Combine(directory, member.Name), document, cancellationToken).ConfigureAwait(false);
        }

        await FleetDocument.WriteAsync(this, Path.Combine(directory, "fleet.json"), cancellationToken).ConfigureAwait(false);
        await WritePackageAsync(Path.Combine(directory, "update.zip"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes one package for all clusters, and makes it known to all nodes.</summary>
    public async Task WritePackageAsync(string path, CancellationToken cancellationToken = default)
    {
        SimulatedCluster first = Members[0].Cluster;
        await first.WritePackageAsync(path, cancellationToken).ConfigureAwait(false);
        foreach (SimulatedFleetMember member in Members)
        {
            member.Cluster.Know(first.Package);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_web is not null)
        {
            await _web.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(Members.Select(member => member.Cluster.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    private void Begin()
    {
        foreach (SimulatedFleetMember member in Members)
        {
            if (member.Fault is { } fault)
            {
                member.Cluster.Faults.Arm(fault);
            }

            if (Options.MailPerSecond > 0)
            {
                member.Cluster.StartMail(Options.MailPerSecond);
            }
        }
    }
}
