namespace Ksmg.Simulator;

/// <summary>The way to the next station: over SMTP, or in virtual time straight into the model.</summary>
internal interface IMailHop
{
    /// <summary>Sends a message and calls <paramref name="done"/> exactly once; never from within this call.</summary>
    void Send(SimulatedMessage message, Action<SmtpVerdict> done);
}
