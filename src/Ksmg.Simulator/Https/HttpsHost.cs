using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ksmg.Simulator;

/// <summary>The web interfaces of all nodes: one Kestrel, a port per node that opens and closes with its machine.</summary>
internal sealed class HttpsHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private HttpsHost(WebApplication application, IReadOnlyDictionary<string, int> ports)
    {
        _application = application;
        Ports = ports;
    }

    /// <summary>The port of each node.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; }

    public static async Task<HttpsHost> StartAsync(
        SimulatedWorld world, IReadOnlyList<NodeFront> fronts, Func<int, int> portOf, CancellationToken cancellationToken)
    {
        var listeners = new Dictionary<EndPoint, NodeListener>();
        var nodes = new Dictionary<int, NodeFront>();
        for (int i = 0; i < fronts.Count; i++)
        {
            NodeFront front = fronts[i];
            var listener = new NodeListener(portOf(i));
            listeners.Add(listener.EndPoint, listener);
            nodes.Add(((IPEndPoint)listener.EndPoint).Port, front);

            // The fingerprint is known from the start, not from the first connection on.
            _ = front.Certificate;
            world[front.Name].WebChanged = () => Follow(front, listener);
        }

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(new NodeTransport(listeners));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach ((EndPoint endPoint, _) in listeners)
            {
                NodeFront front = nodes[((IPEndPoint)endPoint).Port];
                kestrel.Listen(endPoint, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => front.Certificate);
                });
            }
        });
        WebApplication application = builder.Build();
        application.Run(context => nodes[context.Connection.LocalPort].HandleAsync(context));
        await application.StartAsync(cancellationToken).ConfigureAwait(false);
        return new HttpsHost(application, nodes.ToDictionary(node => node.Value.Name, node => node.Key, StringComparer.Ordinal));
    }

    /// <summary>A new certificate comes with a new start of the web server: connections that were made under the old one end.</summary>
    private static void Follow(NodeFront front, NodeListener listener)
    {
        X509Certificate2 before = front.Certificate;
        bool open = front.FollowMachine();
        if (!ReferenceEquals(before, front.Certificate))
        {
            listener.Set(open: false);
        }

        listener.Set(open);
    }

    public async ValueTask DisposeAsync()
    {
        // Requests that wait for a simulated delay must not hold up the end.
        using var now = new CancellationTokenSource();
        await now.CancelAsync().ConfigureAwait(false);
        await _application.StopAsync(now.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}
