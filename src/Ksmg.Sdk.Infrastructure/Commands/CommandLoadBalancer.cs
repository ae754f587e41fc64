using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A load balancer behind a program of the user's: verbs <c>state</c>, <c>set</c> and <c>close-sessions</c>.</summary>
public sealed class CommandLoadBalancer : ILoadBalancer, ISelfTest
{
    internal const string Port = "LoadBalancer";

    private readonly CommandProgram _program;

    /// <summary>Creates the adapter; nothing is started yet.</summary>
    /// <param name="options">The program.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandLoadBalancer(CommandOptions options, TimeProvider? timeProvider = null) => _program = new CommandProgram(options, Port, timeProvider);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, takes too long, or answers something else.</exception>
    public async Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default)
    {
        Dictionary<string, CommandLoad> answer = await _program.AskAsync(
            CommandJson.Default.DictionaryStringCommandLoad, null, cancellationToken, "state").ConfigureAwait(false);
        Dictionary<string, LoadState> states = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string node, CommandLoad load) in answer)
        {
            LoadMode mode = load.Mode switch
            {
                "ready" => LoadMode.Ready,
                "drain" => LoadMode.Drain,
                "maintenance" => LoadMode.Maintenance,
                _ => throw _program.Odd(["state"], node, Words.Get("program.mode", node, load.Mode), null),
            };
            if (load.Sessions < 0 || !states.TryAdd(node, new LoadState(mode, load.Sessions, load.Healthy, load.SessionsTotal, load.Address)))
            {
                throw _program.Odd(["state"], node, Words.Get("program.node-odd", node), null);
            }
        }

        return states;
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, or takes too long.</exception>
    public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) =>
        _program.DoAsync(node, cancellationToken, "set", node, mode switch
        {
            LoadMode.Ready => "ready",
            LoadMode.Drain => "drain",
            LoadMode.Maintenance => "maintenance",
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a load mode."),
        });

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, or takes too long.</exception>
    public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) =>
        _program.DoAsync(node, cancellationToken, "close-sessions", node);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        _program.TestAsync(
            async () =>
            {
                IReadOnlyDictionary<string, LoadState> states = await GetAsync(cancellationToken).ConfigureAwait(false);
                return
                [
                    .. nodes.Select(node => states.TryGetValue(node, out LoadState? load)
                        ? new SelfTestResult(node, SelfTestOutcome.Works, $"{load.Mode}, {Words.Count("test.sessions", load.Sessions)}")
                        : new SelfTestResult(
                            node, SelfTestOutcome.Fails, Words.Get("program.node-not-named", _program.Subject), Words.Get("program.add-node"))),
                ];
            },
            cancellationToken);
}
