namespace Ksmg.Cli;

/// <summary>What a command may touch of the process it runs in, so that tests can stand in for a terminal.</summary>
internal sealed record CliConsole
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Whether a person looks at <see cref="Out"/>.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>Whether a person can answer a question.</summary>
    public bool CanAsk { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The first Ctrl-C: runs pause at their next safe point, everything else ends.</summary>
    public CancellationToken Pause { get; init; }

    /// <summary>SIGTERM: no new effect, give the lease back.</summary>
    public CancellationToken Stop { get; init; }
}
