namespace Ksmg.Cli;

/// <summary>What a command may touch of the process it runs in, so that tests can stand in for a terminal.</summary>
internal sealed class CliConsole
{
    private readonly Lazy<CancellationToken> _end;
    private volatile bool _hasDriven;

    public CliConsole() => _end = new(() => CancellationTokenSource.CreateLinkedTokenSource(Pause, Stop).Token);

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Reads a key without showing it.</summary>
    public Func<ConsoleKeyInfo> ReadKey { get; init; } = static () => Console.ReadKey(intercept: true);

    /// <summary>Makes the keyboard ready: the terminal is to show nothing from the moment somebody is asked.</summary>
    public Action BeforeKeys { get; init; } = static () => _ = !Console.IsInputRedirected && Console.KeyAvailable;

    /// <summary>Whether a person looks at <see cref="Out"/>.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether a person can answer a question.</summary>
    public bool CanAsk { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The first Ctrl-C: a run that is driven pauses at its next safe point.</summary>
    public CancellationToken Pause { get; init; }

    /// <summary>SIGTERM, SIGHUP: no new effect, give the lease back.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>The second Ctrl-C: the process ends as soon as what is registered here has run.</summary>
    public CancellationToken Now { get; init; }

    /// <summary>Any of the signals: whatever is not the driving of a run ends. Every command, question and phase listens to this one.</summary>
    public CancellationToken End => _end.Value;

    /// <summary>Whether a run is or was driven here: it takes its time to let go of it.</summary>
    public bool HasDriven => _hasDriven;

    /// <summary>From here on a run is driven.</summary>
    public void Drive() => _hasDriven = true;
}
