using System.Security.Cryptography;
using Ksmg.Simulator;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A front before a simulated node, with a socket and a certificate of its own: what passes it goes on to the node over TLS.</summary>
internal sealed class FrontServer : IAsyncDisposable
{
    private static readonly string[] OfConnection = ["Host", "Connection", "Expect", "Transfer-Encoding", "Content-Length"];

    private readonly HttpMessageInvoker _front;

    private FrontServer(HttpMessageInvoker front) => _front = front;

    public TestServer Server { get; private set; } = null!;

    public static async Task<FrontServer> StartAsync(SimulatedNodeEndpoint node, Func<HttpMessageHandler, HttpMessageHandler> front)
    {
        SocketsHttpHandler sockets = new() { UseCookies = false, AllowAutoRedirect = false };
        sockets.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown!.GetCertHashString(HashAlgorithmName.SHA256).Equals(node.Fingerprint, StringComparison.OrdinalIgnoreCase);
        FrontServer server = new(new HttpMessageInvoker(front(sockets)));
        server.Server = await TestServer.StartAsync(context => server.PassAsync(context, node.Url));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _front.Dispose();
    }

    private async Task PassAsync(HttpContext context, Uri node)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        using HttpRequestMessage request = new(new HttpMethod(context.Request.Method), new Uri(node, context.Request.GetEncodedPathAndQuery()));
        request.Content = body.Length > 0 || context.Request.ContentType is not null ? new ByteArrayContent(body.ToArray()) : null;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers.Where(h => !OfConnection.Contains(h.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values!);
            }
        }

        try
        {
            using HttpResponseMessage answer = await _front.SendAsync(request, context.RequestAborted);
            byte[] told = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            foreach ((string name, IEnumerable<string> values) in answer.Headers.Concat(answer.Content.Headers).Where(h => !OfConnection.Contains(h.Key)))
            {
                context.Response.Headers[name] = values.ToArray();
            }

            context.Response.ContentLength = told.Length;
            await context.Response.Body.WriteAsync(told, context.RequestAborted);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            // A node that is away is away behind its front too.
            context.Abort();
        }
    }
}
