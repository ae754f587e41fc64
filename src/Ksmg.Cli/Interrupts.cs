using System.Runtime.InteropServices;

namespace Ksmg.Cli;

/// <summary>Ctrl-C once, Ctrl-C twice and SIGTERM, as the commands see them.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource pause = new();
    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;

    public Interrupts()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            if (pause.IsCancellationRequested)
            {
                // Safe at any moment: the journal holds every intent, and the lease is free once this process is gone.
                Environment.Exit(ExitCodes.Interrupted);
            }

            pause.Cancel();
        });
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
    }

    public CancellationToken Pause => pause.Token;

    public CancellationToken Stop => stop.Token;

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        pause.Dispose();
        stop.Dispose();
    }
}
