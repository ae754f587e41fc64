using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// A hook that is a program: verbs <c>before-run</c>, <c>before-node NODE</c>, <c>after-node NODE</c> and <c>after-run</c>, the call as JSON on
/// standard input. Exit code 0 is success.
/// </summary>
public sealed class CommandHook : IUpgradeHook, ISelfTest
{
    internal const string Port = "Hooks";

    /// <summary>As much as is kept of what it says.</summary>
    private const int MostOutput = 4 * 1024;

    private readonly CommandHookOptions _options;
    private readonly ProcessRunner _runner;

    /// <summary>Creates the adapter; nothing is started yet.</summary>
    /// <param name="options">The program, and when it is called.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CommandHook(CommandHookOptions options, TimeProvider? timeProvider = null)
    {
        _options = options.Checked(Port);
        _runner = new ProcessRunner(timeProvider ?? TimeProvider.System);
        Points = HookNaming.Points(_options.At);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public IReadOnlyList<HookPoint> Points { get; }

    /// <inheritdoc/>
    public TimeSpan TimeLimit => _options.TimeLimit;

    /// <inheritdoc/>
    /// <remarks>The token ends the program with everything it started; what it said until then is the result.</remarks>
    /// <exception cref="KsmgException">The program cannot be started.</exception>
    public async Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        string[] words = call.Node is { } node ? [HookNaming.Verb(call.Point), node] : [HookNaming.Verb(call.Point)];
        ProcessCall program = new(_options.Program, _options.Arguments.Concat(words), Timeout.InfiniteTimeSpan)
        {
            Input = Encoding.UTF8.GetBytes(call.ToJson()),
            Node = call.Node,
            MostOutput = 0,
            MostEnd = MostOutput,
            TellsWhenEnded = true,
        };
        ProcessResult result = await _runner.RunAsync(program, cancellationToken).ConfigureAwait(false);
        string output = $"{Encoding.UTF8.GetString(result.Output.Span)}\n{result.Errors}".Trim();
        return result.ExitCode switch
        {
            0 => new HookResult(true, output),
            null => new HookResult(false, output),
            { } code => new HookResult(false, $"{output}\n{Words.Get("hook.exit-code", code)}".Trim()),
        };
    }

    /// <inheritdoc/>
    /// <remarks>The program is not started: what it does is no test.</remarks>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        string subject = Words.Get("hook.subject", Name, _options.Program);
        SelfTestResult result = ProgramPath.Find(_options.Program) is { } path && File.Exists(path)
            ? new(subject, SelfTestOutcome.NotTried, Words.Get("hook.is-there"), Words.Get("program.by-hand", _options.Program))
            : new(subject, SelfTestOutcome.Fails, Words.Get("hook.is-not-there", _options.Program), Words.Get("hook.correct-program"));
        return Task.FromResult<IReadOnlyList<SelfTestResult>>([result]);
    }
}
