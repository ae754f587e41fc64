using System.Net;

namespace Ksmg.Simulator;

/// <summary>The way to the next station over SMTP.</summary>
internal sealed class SmtpHop(IPEndPoint target, string helloName, TimeProvider time, MailSettings settings) : IMailHop, IAsyncDisposable
{
    public object[] Parts => [target, helloName, time, settings];

    public void Send(SimulatedMessage message, Action<SmtpVerdict> done) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
