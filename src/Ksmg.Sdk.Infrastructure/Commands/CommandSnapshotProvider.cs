using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// A hypervisor behind a program of the user's: verbs <c>list</c>, <c>create</c> and <c>revert</c>. Only snapshots of upgrade runs are
/// created and reverted to.
/// </summary>
public sealed class CommandSnapshotProvider : ISnapshotProvider, ISelfTest
{
    internal const string Port = "Snapshots";

    private readonly CommandProgram _program;

    /// <summary>Creates the adapter; nothing is started yet.</summary>
    /// <param name="options">The program.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandSnapshotProvider(CommandOptions options, TimeProvider? timeProvider = null) => _program = new CommandProgram(options, Port, timeProvider);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, takes too long, or answers something else.</exception>
    public async Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default) =>
        [.. (await _program.AskAsync(CommandJson.Default.ListCommandSnapshot, node, cancellationToken, "list", node).ConfigureAwait(false))
            .Select(snapshot => new NodeSnapshot(snapshot.Name, snapshot.CreatedAt, snapshot.Complete))];

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The name is not one of a run, or the program cannot be started, fails, or takes too long.</exception>
    public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default)
    {
        OwnSnapshots.Require(node, name);
        return _program.DoAsync(node, cancellationToken, "create", node, name);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The name is not one of a run, or the program cannot be started, fails, or takes too long.</exception>
    public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default)
    {
        OwnSnapshots.Require(node, name);
        return _program.DoAsync(node, cancellationToken, "revert", node, name);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        _program.TestAsync(
            () => _program.TryEachAsync(
                nodes, async node => Words.Count("test.snapshots", (await ListAsync(node, cancellationToken).ConfigureAwait(false)).Count)),
            cancellationToken);
}
