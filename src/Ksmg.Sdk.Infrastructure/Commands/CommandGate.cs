using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A gate that is a program: verb <c>gate NODE</c>. Exit code 0 is green, every other one is not.</summary>
public sealed class CommandGate : IUpgradeGate, ISelfTest
{
    /// <summary>As much as is kept of what it says.</summary>
    private const int MostOutput = 4 * 1024;

    private readonly CommandGateOptions _options;
    private readonly ProcessRunner _runner;

    /// <summary>Creates the gate; nothing is started yet.</summary>
    /// <param name="options">The program.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandGate(CommandGateOptions options, TimeProvider? timeProvider = null) =>
        (_options, _runner) = (options.Checked(HttpGate.Port), new ProcessRunner(timeProvider ?? TimeProvider.System));

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public TimeSpan Patience => _options.Patience;

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The program cannot be started, or takes too long.</exception>
    public async Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default)
    {
        ProcessCall call = new(_options.Program, [.. _options.Arguments, "gate", node], _options.Timeout) { MostOutput = 0, MostEnd = MostOutput, Node = node };
        ProcessResult result = await _runner.RunAsync(call, cancellationToken).ConfigureAwait(false);
        string output = Printable.OneLine($"{Encoding.UTF8.GetString(result.Output.Span)} {result.Errors}");
        return new GateAnswer(result.ExitCode == 0, Words.Get("gate.exit-code", result.ExitCode, output));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        GateTests.AskAsync(this, _options.Program, Words.Get("program.by-hand", _options.Program), nodes, cancellationToken);
}
