using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ksmg.Simulator;

/// <summary>Reaches the front of a node without a socket.</summary>
internal sealed class InMemoryHandler(SimulatedWorld world, NodeFront front) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (IsRefused())
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{front.Name} refuses the connection.");
        }

        using var answer = new MemoryStream();
        using var lifetime = new Lifetime(cancellationToken);
        DefaultHttpContext context = await ContextAsync(request, answer, cancellationToken).ConfigureAwait(false);
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        try
        {
            await front.HandleAsync(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (lifetime.IsAborted)
        {
            // The front aborted the connection while something waited.
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (lifetime.IsAborted || IsRefused())
        {
            throw new HttpRequestException(HttpRequestError.ResponseEnded, $"The connection to {front.Name} broke.");
        }

        var response = new HttpResponseMessage((HttpStatusCode)context.Response.StatusCode)
        {
            Content = new ByteArrayContent(answer.ToArray()),
            RequestMessage = request,
        };
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Response.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                response.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return response;
    }

    private static async Task<DefaultHttpContext> ContextAsync(HttpRequestMessage request, Stream answer, CancellationToken cancellationToken)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = request.Method.Method;
        context.Request.Path = PathString.FromUriComponent(request.RequestUri!);
        context.Request.QueryString = QueryString.FromUriComponent(request.RequestUri!);
        foreach ((string name, IEnumerable<string> values) in request.Headers
            .Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>()))
        {
            context.Request.Headers[name] = values.ToArray();
        }

        if (request.Content is not null)
        {
            context.Request.ContentLength = request.Content.Headers.ContentLength;
            context.Request.Body = new MemoryStream(await request.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
        }

        context.Response.Body = answer;
        return context;
    }

    private bool IsRefused()
    {
        lock (world.Gate)
        {
            world.CatchUp();
            return world[front.Name].Web == WebState.Refused;
        }
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature, IDisposable
    {
        private readonly CancellationTokenSource _source;

        public Lifetime(CancellationToken cancellationToken)
        {
            _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            RequestAborted = _source.Token;
        }

        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort()
        {
            IsAborted = true;
            _source.Cancel();
        }

        public void Dispose() => _source.Dispose();
    }
}
