using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ksmg.Simulator;

/// <summary>One Kestrel for the web interfaces and control URLs of any number of clusters: a host for each would cost threads and file watchers.</summary>
internal sealed class WebHost : IAsyncDisposable
{
    private const int MaxControlBody = 16 << 20;

    private readonly WebApplication _application;

    private WebHost(WebApplication application) => _application = application;

    public static async Task<WebHost> StartAsync(IReadOnlyCollection<WebPorts> clusters, CancellationToken cancellationToken)
    {
        var listeners = new Dictionary<EndPoint, WebListener>();
        var nodes = new Dictionary<int, NodeFront>();
        var controls = new Dictionary<int, ControlFront>();
        foreach (WebPorts cluster in clusters)
        {
            foreach ((WebListener listener, NodeFront front) in cluster.Nodes)
            {
                listeners.Add(listener.EndPoint, listener);
                nodes.Add(WebPorts.PortOf(listener), front);
            }

            listeners.Add(cluster.Control.Listener.EndPoint, cluster.Control.Listener);
            controls.Add(WebPorts.PortOf(cluster.Control.Listener), cluster.Control.Front);
        }

        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton<IConnectionListenerFactory>(new WebTransport(listeners));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxControlBody;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach (WebListener listener in listeners.Values)
            {
                kestrel.Listen(listener.EndPoint, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    if (nodes.TryGetValue(WebPorts.PortOf(listener), out NodeFront? front))
                    {
                        listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => front.Certificate);
                    }
                });
            }
        });
        WebApplication application = builder.Build();

        // The nodes come first, since they know no routes: what they are asked is looked up in their own tables.
        application.Use((context, next) => nodes.TryGetValue(context.Connection.LocalPort, out NodeFront? front) ? front.HandleAsync(context) : next(context));
        application.Use((context, next) => ControlFront.IsForeign(context.Request) ? ControlFront.RefuseForeignAsync(context) : next(context));
        application.UseRouting();
        ControlFront.Map(application, context => controls[context.Connection.LocalPort]);
        await application.StartAsync(cancellationToken).ConfigureAwait(false);
        return new WebHost(application);
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that wait for a simulated delay must not hold up the end.
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await _application.StopAsync(now.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Signals are heard by the program that the cluster is simulated in: the usual lifetime would keep them from ending it.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
