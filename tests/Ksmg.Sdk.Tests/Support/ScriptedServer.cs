using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A line-based server on loopback that says what a test tells it to, and remembers what it heard. One connection after the other.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private readonly List<string> _heard = [];
    private readonly Task _serving;

    /// <param name="greeting">The first thing it says; empty: nothing.</param>
    /// <param name="answer">What it says to a line, line ends included; <see langword="null"/>: closes the connection; empty: nothing. Without
    /// any it hangs up after its greeting, whether it was heard or not.</param>
    /// <param name="certificate">TLS from the first byte with this certificate.</param>
    /// <param name="at">Where it listens; by default at any free port.</param>
    /// <param name="restOfGreeting">What it says after its greeting, whenever it may be.</param>
    /// <param name="startTls">TLS with this certificate behind its answer to STARTTLS.</param>
    public ScriptedServer(
        string greeting,
        Func<string, string?>? answer,
        X509Certificate2? certificate = null,
        IPEndPoint? at = null,
        Func<string>? restOfGreeting = null,
        X509Certificate2? startTls = null)
    {
        _listener.Bind(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = ServeAsync(greeting, answer, certificate, restOfGreeting, startTls);
    }

    public string Address => _listener.LocalEndPoint!.ToString()!;

    /// <summary>The lines that it has heard until now; it may still listen.</summary>
    public List<string> Heard
    {
        get
        {
            lock (_heard)
            {
                return [.. _heard];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving.WaitAsync(Eventually.Limit);
        _end.Dispose();
    }

    private async Task ServeAsync(
        string greeting, Func<string, string?>? answer, X509Certificate2? certificate, Func<string>? restOfGreeting, X509Certificate2? startTls)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using Socket socket = await _listener.AcceptAsync(_end.Token);
                await using Stream plain = new NetworkStream(socket);
                await using Stream stream = certificate is null ? plain : await ProtectAsync(plain, certificate);
                await SayAsync(stream, greeting);
                await SayAsync(stream, restOfGreeting?.Invoke() ?? string.Empty);
                if (await TalkAsync(stream, answer, startTls))
                {
                    await using Stream inTls = await ProtectAsync(plain, startTls!);
                    await TalkAsync(inTls, answer, startTls: null);
                }
            }
            catch (Exception e) when (
                e is IOException or SocketException or OperationCanceledException or ObjectDisposedException
                    or System.Security.Authentication.AuthenticationException)
            {
                // The client has hung up, or the test is over.
            }
        }
    }

    /// <summary>Whether TLS begins now.</summary>
    private async Task<bool> TalkAsync(Stream stream, Func<string, string?>? answer, X509Certificate2? startTls)
    {
        using StreamReader reader = new(stream, Encoding.Latin1, leaveOpen: true);
        while (answer is not null && await reader.ReadLineAsync(_end.Token) is { } line)
        {
            lock (_heard)
            {
                _heard.Add(line);
            }

            if (answer(line) is not { } text)
            {
                break;
            }

            await SayAsync(stream, text);
            if (startTls is not null && line.EndsWith("STARTTLS", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<Stream> ProtectAsync(Stream plain, X509Certificate2 certificate)
    {
        SslStream tls = new(plain);

        // What the certificate says of its issuer is not looked for.
        SslStreamCertificateContext shown = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = shown }, _end.Token);
        return tls;
    }

    private async Task SayAsync(Stream stream, string text)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(text), _end.Token);
        await stream.FlushAsync(_end.Token);
    }
}
