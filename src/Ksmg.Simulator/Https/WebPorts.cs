using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Ksmg.Simulator;

/// <summary>The web ports of one cluster: one for each node, which opens and closes with its machine, and the control URL.</summary>
internal sealed class WebPorts : IAsyncDisposable
{
    private readonly List<(WebListener Listener, NodeFront Front)> _nodes = [];
    private (WebListener Listener, ControlFront Front)? _control;

    /// <summary>The web interfaces.</summary>
    public IReadOnlyList<(WebListener Listener, NodeFront Front)> Nodes => _nodes;

    /// <summary>The control URL's port, and who answers there.</summary>
    public (WebListener Listener, ControlFront Front) Control => _control ?? throw new InvalidOperationException("The control URL is not open.");

    /// <summary>The control URL.</summary>
    public Uri ControlUrl => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{PortOf(Control.Listener)}/"));

    /// <summary>Where the web interface of a node is.</summary>
    public Uri UrlOf(string node) => new(
        string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{PortOf(_nodes.Find(known => known.Front.Name == node).Listener)}/"));

    /// <summary>Opens the port of a node; it follows the machine from now on.</summary>
    public void Open(SimulatedNode node, NodeFront front, int port)
    {
        var listener = new WebListener(port);
        _nodes.Add((listener, front));

        // The fingerprint is known from the start, not from the first connection on.
        _ = front.Certificate;
        node.WebChanged = () => Follow(front, listener);
    }

    /// <summary>Opens the control URL.</summary>
    public void Open(ControlFront front, int port) => _control = (new WebListener(port), front);

    public async ValueTask DisposeAsync()
    {
        foreach ((WebListener listener, _) in _nodes)
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }

        if (_control is { } control)
        {
            await control.Listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    public static int PortOf(WebListener listener) => ((IPEndPoint)listener.EndPoint).Port;

    /// <summary>A new certificate comes with a new start of the web server: connections that were made under the old one end.</summary>
    private static void Follow(NodeFront front, WebListener listener)
    {
        X509Certificate2 before = front.Certificate;
        bool open = front.FollowMachine();
        if (!ReferenceEquals(before, front.Certificate))
        {
            listener.Set(open: false);
        }

        listener.Set(open);
    }
}
