using System.Runtime.InteropServices;

namespace Ksmg.Cli;

/// <summary>Ctrl-C once, Ctrl-C twice, SIGTERM and SIGHUP, as the commands see them.</summary>
internal sealed class Interrupts : IDisposable
{
    /// <summary>How long a command has for its end once it was asked to; a phase that does not listen must not keep the process.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _pause = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _now = new();
    private readonly PosixSignalRegistration[] _registrations;

    public Interrupts() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Terminate),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, Terminate),
    ];

    public CancellationToken Pause => _pause.Token;

    public CancellationToken Stop => _stop.Token;

    public CancellationToken Now => _now.Token;

    /// <summary>Completes when a command that drives no run was asked to end and did not.</summary>
    public static async Task PatienceOverAsync(CliConsole console)
    {
        await console.End.WhenCancelled().ConfigureAwait(false);
        await Task.Delay(console.HasDriven ? Timeout.InfiniteTimeSpan : _patience, console.Time).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _pause.Dispose();
        _stop.Dispose();
        _now.Dispose();
    }

    private void Interrupt(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_pause.IsCancellationRequested)
        {
            _ = _pause.CancelAsync();
            return;
        }

        try
        {
            _now.Cancel();
        }
        finally
        {
            // Safe at any moment: the journal holds every intent, and the lease is free once this process is gone.
            Environment.Exit(ExitCodes.Interrupted);
        }
    }

    private void Terminate(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = _stop.CancelAsync();
    }
}
