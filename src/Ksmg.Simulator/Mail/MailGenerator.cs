namespace Ksmg.Simulator;

/// <summary>Constant load: a sender who repeats refused mail later, as a new attempt.</summary>
internal sealed class MailGenerator(IMailHop hop, MailLedger ledger, TimeProvider time, MailSettings settings) : IAsyncDisposable
{
    public object[] Parts => [hop, ledger, time, settings];

    public double PerSecond => throw new NotSupportedException();

    /// <summary>Messages at the sender that no node has accepted yet.</summary>
    public int Waiting => throw new NotSupportedException();

    public void Start(double perSecond) => throw new NotSupportedException();

    /// <summary>No new messages; refused ones are still repeated.</summary>
    public void Stop() => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
