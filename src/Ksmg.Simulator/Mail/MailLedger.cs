namespace Ksmg.Simulator;

/// <summary>Counts every delivery attempt: who was answered what, what arrived, what still waits.</summary>
internal sealed class MailLedger(TimeProvider time)
{
    public TimeProvider Time { get; } = time;

    public MailFigures Figures => throw new NotSupportedException();

    public IReadOnlyList<MailFinding> Findings => throw new NotSupportedException();
}
