using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Notifications through a program of the user's: verb <c>notify</c>, the event as JSON on standard input.</summary>
public sealed class CommandNotifier : INotifier, ISelfTest
{
    internal const string Port = "Notifications";

    private readonly CommandProgram _program;

    /// <summary>Creates the adapter; nothing is started yet.</summary>
    /// <param name="options">The program.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandNotifier(CommandOptions options, TimeProvider? timeProvider = null) => _program = new CommandProgram(options, Port, timeProvider);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, fails, or takes too long.</exception>
    public Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(upgradeEvent);
        return _program.TellAsync("notify", Encoding.UTF8.GetBytes(upgradeEvent.ToJson()), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        _program.TestAsync(
            () => Task.FromResult<IReadOnlyList<SelfTestResult>>(
                [new SelfTestResult(_program.Subject, SelfTestOutcome.NotTried, Words.Get("program.no-own-test"), Words.Get("test.notify"))]),
            cancellationToken);
}
