using System.Globalization;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A monitoring behind a program of the user's: verbs <c>renew</c> and <c>lift</c>. The program lets a silence end at its time.</summary>
public sealed class CommandSilence : IMonitoringSilence, ISelfTest
{
    internal const string Port = "Silence";

    private readonly CommandProgram _program;

    /// <summary>Creates the adapter; nothing is started yet.</summary>
    /// <param name="options">The program.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandSilence(CommandOptions options, TimeProvider? timeProvider = null) => _program = new CommandProgram(options, Port, timeProvider);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, or takes too long.</exception>
    public Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silence);
        string until = silence.Until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return _program.DoAsync(silence.Node, cancellationToken, "renew", silence.Node, until, silence.RunId);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, or takes too long.</exception>
    public Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silence);
        return _program.DoAsync(silence.Node, cancellationToken, "lift", silence.Node, silence.RunId);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        _program.TestAsync(
            () => Task.FromResult<IReadOnlyList<SelfTestResult>>(
                [new SelfTestResult(_program.Subject, SelfTestOutcome.NotTried, Words.Get("program.no-own-test"), Words.Get("silence.try-by-hand"))]),
            cancellationToken);
}
