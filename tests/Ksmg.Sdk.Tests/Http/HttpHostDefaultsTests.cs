using System.Net;
using Ksmg.Sdk.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests;

/// <summary>What a host says of all HTTP clients does not reach those of nodes; what it says of them by name does.</summary>
public sealed class HttpHostDefaultsTests
{
    public static TheoryData<string, bool> WaysAndOrders => Pairs.Of(Ways.Keys, true, false);

    private static readonly Dictionary<string, Action<IServiceCollection, Meddler>> Ways = new(StringComparer.Ordinal)
    {
        ["a handler"] = (s, m) => s.ConfigureHttpClientDefaults(b => b.AddHttpMessageHandler(() => m.Handler())),
        ["additional handlers"] = (s, m) =>
            s.ConfigureHttpClientDefaults(b => b.ConfigureAdditionalHttpMessageHandlers((list, _) => list.Insert(0, m.Handler()))),
        ["a primary handler"] = (s, m) => s.ConfigureHttpClientDefaults(b => b.ConfigurePrimaryHttpMessageHandler(() => new Elsewhere(m))),
        ["a logger"] = (s, m) => s.ConfigureHttpClientDefaults(b => b.AddLogger(_ => new Listener(m), wrapHandlersPipeline: true)),
        ["a header"] = (s, _) => s.ConfigureHttpClientDefaults(b => b.ConfigureHttpClient(c => c.DefaultRequestHeaders.UserAgent.ParseAdd("of-the-host"))),
        ["a base address and a time-out"] = (s, _) => s.ConfigureHttpClientDefaults(b => b.ConfigureHttpClient(c =>
        {
            c.BaseAddress = new Uri("https://elsewhere.test");
            c.MaxResponseContentBufferSize = 1;
            c.DefaultRequestHeaders.Add("User-Agent", "of-the-host");
        })),
        ["options of all names"] = (s, m) =>
            s.ConfigureAll<HttpClientFactoryOptions>(o => o.HttpMessageHandlerBuilderActions.Add(b => b.AdditionalHandlers.Add(m.Handler()))),
        ["options afterwards"] = (s, m) =>
            s.PostConfigureAll<HttpClientFactoryOptions>(o => o.HttpMessageHandlerBuilderActions.Add(b => b.AdditionalHandlers.Add(m.Handler()))),
        ["a filter"] = (s, m) => s.AddSingleton<IHttpMessageHandlerBuilderFilter>(new Filter(m)),
        ["a factory"] = (s, m) => s.AddSingleton<IHttpClientFactory>(new Factory(m)),
    };

    [Theory]
    [MemberData(nameof(WaysAndOrders))]
    public async Task What_a_host_says_of_all_clients_does_not_reach_a_node(string way, bool before)
    {
        FakeNode node = new FakeNode()
            .On("start-update", _ => FakeNode.Json(503, ""))
            .On("assign-control-role", _ => throw new HttpRequestException(HttpRequestError.ResponseEnded));
        Meddler meddler = new();
        await using ServiceProvider services = Connect(node, s => Ways[way](s, meddler), before);
        KsmgNode gw1 = services.GetRequiredService<KsmgNode>();

        KsmgApiException start = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Updates.StartInstallAsync("u-1"));
        KsmgApiException promote = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Role.AssignControlAsync());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, start.Status);
        Assert.False(start.HadNoEffect);
        Assert.False(promote.HadNoEffect);
        Assert.Equal(1, node.Count("start-update"));
        Assert.Equal(1, node.Count("assign-control-role"));
        Assert.Equal(0, meddler.Seen);
        Assert.DoesNotContain(node.Requests, r => r.Headers.ContainsKey("User-Agent"));
    }

    [Fact]
    public async Task What_a_user_says_of_our_client_by_name_holds()
    {
        FakeNode node = new FakeNode().On("get-about", """{"version":"2.1"}""");
        Meddler byHook = new(), byName = new();
        await using ServiceProvider services = Connect(
            node,
            s =>
            {
                s.AddSingleton(byName);
                s.AddTransient<FromServices>();
                s.AddHttpClient("ksmg:ksmg:gw1").AddHttpMessageHandler<FromServices>();
            },
            before: true,
            b =>
                b.AddHttpMessageHandler(() => byHook.Handler())
                    .AddLogger(_ => new Listener(byName))
                    .ConfigureHttpClient(c => c.DefaultRequestHeaders.UserAgent.ParseAdd("of-the-user")));

        await services.GetRequiredService<KsmgNode>().Updates.GetAboutAsync();

        Assert.Equal(3, byHook.Seen);
        Assert.Equal(6, byName.Seen);
        Assert.Equal("of-the-user", node.Last("get-about").Headers["User-Agent"]);
    }

    public static TheoryData<string, Exception> WaysToEndACall => new()
    {
        { "time-out", new Polly.Timeout.TimeoutRejectedException("The operation didn't complete within the allowed timeout.") },
        { "circuit", new Polly.CircuitBreaker.BrokenCircuitException() },
        { "cancelled", new OperationCanceledException() },
    };

    [Theory]
    [MemberData(nameof(WaysToEndACall))]
    public async Task A_handler_that_ends_a_call_leaves_its_effect_open_and_the_exception_ours(string way, Exception thrown)
    {
        FakeNode node = new FakeNode().On("start-update", _ => throw thrown);
        await using ServiceProvider services = Connect(node, _ => { }, before: true);

        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => services.GetRequiredService<KsmgNode>().Updates.StartInstallAsync("u-1"));

        Assert.False(e.HadNoEffect, way);
        Assert.StartsWith("gw1: start-update: ", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, node.Count("start-update"));
    }

    private static ServiceProvider Connect(FakeNode node, Action<IServiceCollection> host, bool before, Action<IHttpClientBuilder>? ours = null)
    {
        ServiceCollection services = new();
        if (before)
        {
            host(services);
        }

        services.AddLogging().AddKsmg(o =>
        {
            o.Credentials = FakeNode.Options().Credentials;
            o.Nodes.Add("gw1", new Uri("https://gw1.test"), clusterAddress: "10.0.0.1:9045");
        }).ConfigureHttpClient(b =>
        {
            b.ConfigurePrimaryHttpMessageHandler(() => node);
            ours?.Invoke(b);
        });
        if (!before)
        {
            host(services);
        }

        return services.BuildServiceProvider();
    }

    /// <summary>What the host adds: sends everything four times, as the resilience handler of a project template does.</summary>
    private sealed class Meddler
    {
        private int _seen;

        public int Seen => Volatile.Read(ref _seen);

        public void Count() => Interlocked.Increment(ref _seen);

        public Repeating Handler() => new(this);
    }

    private class Repeating(Meddler meddler) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            for (int attempt = 1; ; attempt++)
            {
                meddler.Count();
                try
                {
                    HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
                    if (attempt == 4 || (int)response.StatusCode < 500)
                    {
                        return response;
                    }
                }
                catch (HttpRequestException) when (attempt < 4)
                {
                }
            }
        }
    }

    private sealed class FromServices(Meddler meddler) : Repeating(meddler);

    private sealed class Elsewhere(Meddler meddler) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            meddler.Count();
            throw new HttpRequestException("This handler goes elsewhere.");
        }
    }

    private sealed class Listener(Meddler meddler) : Microsoft.Extensions.Http.Logging.IHttpClientLogger
    {
        public object? LogRequestStart(HttpRequestMessage request)
        {
            meddler.Count();
            return null;
        }

        public void LogRequestStop(object? context, HttpRequestMessage request, HttpResponseMessage response, TimeSpan elapsed)
        {
        }

        public void LogRequestFailed(object? context, HttpRequestMessage request, HttpResponseMessage? response, Exception exception, TimeSpan elapsed)
        {
        }
    }

    private sealed class Filter(Meddler meddler) : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
        {
            next(builder);
            builder.AdditionalHandlers.Add(meddler.Handler());
        };
    }

    private sealed class Factory(Meddler meddler) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(new Elsewhere(meddler));
    }
}
