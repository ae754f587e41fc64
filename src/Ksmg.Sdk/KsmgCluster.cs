using Ksmg.Sdk.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk;

/// <summary>A cluster of nodes as configured. It owns the connections to its nodes; dispose of it when it is not needed any more.</summary>
public class KsmgCluster : IDisposable
{
    private readonly IReadOnlyList<HttpClient> _http = [];
    private readonly NodeDirectory _directory = null!;
    private readonly LoginGuard? _logins;

    /// <summary>For test doubles.</summary>
    protected KsmgCluster()
    {
        Name = null!;
        Nodes = null!;
    }

    internal KsmgCluster(KsmgOptions options, Func<KsmgNodeOptions, HttpClient> createHttp, ILoggerFactory loggers, TimeProvider time)
    {
        Name = options.Name;
        RequestLimit = options.RequestLimit;
        OperationCatalogue catalogue = OperationCatalogue.Of(options);
        ILogger logger = loggers.CreateLogger("Ksmg.Sdk");
        _logins = new LoginGuard(time);
        var http = new List<HttpClient>();
        var connections = new List<NodeConnection>();
        foreach (KsmgNodeOptions node in options.Nodes)
        {
            HttpClient client = createHttp(node);

            // Its clock would cover the sending of a body too; the send path has its own.
            client.Timeout = Timeout.InfiniteTimeSpan;
            http.Add(client);
            connections.Add(new NodeConnection(node, options, catalogue, client, _logins, time, logger));
        }

        _http = http;
        _directory = new NodeDirectory(connections);
        Nodes = [.. connections.Zip(options.Nodes, (connection, node) => new KsmgNode(connection, _directory, node.Smtp))];
    }

    /// <summary>The name of the cluster.</summary>
    public virtual string Name { get; }

    /// <summary>The nodes, in the order of the configuration.</summary>
    public virtual IReadOnlyList<KsmgNode> Nodes { get; }

    internal TimeSpan RequestLimit { get; }

    /// <summary>A node by its configured name.</summary>
    /// <param name="name">The name, in any case.</param>
    /// <exception cref="KsmgException">There is no such node; the message lists the known names.</exception>
    public virtual KsmgNode this[string name] =>
        Nodes.FirstOrDefault(n => string.Equals(n.Name, name, StringComparison.OrdinalIgnoreCase)) ?? throw _directory.Unknown(name);

    /// <summary>A cluster without dependency injection.</summary>
    /// <param name="options">The cluster; checked here.</param>
    /// <param name="loggers">Where to log; nowhere when absent.</param>
    /// <param name="time">The clock; the system's when absent.</param>
    /// <exception cref="OptionsValidationException">The options cannot be used; the message lists every fault.</exception>
    public static KsmgCluster Create(KsmgOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ValidateOptionsResult rules = new KsmgOptionsValidator().Validate(Options.DefaultName, options);
        return rules.Succeeded
            ? new KsmgCluster(
                options, node => new HttpClient(NodeHttpHandler.Create(node, options)), loggers ?? NullLoggerFactory.Instance, time ?? TimeProvider.System)
            : throw new OptionsValidationException(options.Name ?? string.Empty, typeof(KsmgOptions), rules.Failures);
    }

    /// <summary>The Control node, by asking every node itself, all at once.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgException">There is none, or more than one; the message names them, and those that did not answer.</exception>
    public virtual async Task<KsmgNode> GetControlAsync(CancellationToken cancellationToken = default)
    {
        (KsmgNode Node, NodeRole? Role, KsmgException? Fault)[] answers = await Task.WhenAll(Nodes.Select(AskAsync)).ConfigureAwait(false);
        KsmgNode[] controls = [.. answers.Where(a => a.Role == NodeRole.Control).Select(a => a.Node)];
        if (controls is [KsmgNode only])
        {
            return only;
        }

        string message = controls.Length == 0
            ? Words.Get("cluster.no-control", Name)
            : Words.Get("cluster.controls", Name, string.Join(", ", controls.Select(c => c.Name)));
        (KsmgNode Node, NodeRole? Role, KsmgException? Fault)[] silent = [.. answers.Where(a => a.Fault is not null)];
        if (silent.Length > 0)
        {
            IEnumerable<string> faults = silent.Select(
                a => a.Fault!.Message.StartsWith(a.Node.Name, StringComparison.Ordinal) ? a.Fault.Message : $"{a.Node.Name}: {a.Fault.Message}");
            message += Words.Get("cluster.silent", string.Join("; ", faults));
        }

        throw new KsmgException(message, silent.FirstOrDefault().Fault);

        async Task<(KsmgNode Node, NodeRole? Role, KsmgException? Fault)> AskAsync(KsmgNode node)
        {
            try
            {
                return (node, await node.Role.GetAsync(cancellationToken).ConfigureAwait(false), null);
            }
            catch (KsmgException e)
            {
                return (node, null, e);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever becomes of one node, the others are heard.
                return (node, null, new KsmgException($"{node.Name}: {e.Message}", e) { Node = node.Name });
            }
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the connections.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        foreach (HttpClient http in _http)
        {
            http.Dispose();
        }

        _logins?.Dispose();
    }
}
