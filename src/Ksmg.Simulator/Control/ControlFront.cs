using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Ksmg.Simulator;

/// <summary>The control URL of one cluster: plain HTTP on loopback, for tests, people and the simulator's own adapters.</summary>
internal sealed class ControlFront(SimulatedCluster cluster)
{
    private readonly SimulatedWorld _world = cluster.World;

    /// <summary>The calls of every cluster; which one is asked, the port says.</summary>
    public static void Map(IEndpointRouteBuilder routes, Func<HttpContext, ControlFront> frontOf)
    {
        Get("/world", (front, _) => (front.View(), JsonContext.Default.WorldView));
        Get("/effects", (front, request) => (front._world.EffectsAfter(After(request)), JsonContext.Default.SimulatedEffectArray));
        Get("/requests", (front, request) => (front._world.RequestsAfter(After(request)), JsonContext.Default.SimulatedRequestArray));
        Get("/mail", (front, _) => (front.Mail, JsonContext.Default.MailFigures));
        Get("/violations", (front, request) => (front.ClientViolations(request), JsonContext.Default.ListSimulatedViolation));
        Get("/mailbox", (front, request) => (front.Mailbox(request), JsonContext.Default.MailboxCopyArray));
        Get("/snapshots/{node}", (front, request) => (front.Locked(() => front.Snapshots(Node(request))), JsonContext.Default.SnapshotViewArray));
        Get("/files/{node}", (front, request) => (front.Locked(() => front.Files(Node(request))), JsonContext.Default.FileViewArray));

        routes.MapGet("/files/{node}/{**path}", context => frontOf(context).GetFileAsync(context));
        routes.MapGet("/pristine/{build}/{**path}", GetPristineAsync);
        Order("PUT", "/files/{node}/{**path}", (front, context) => front.PutFileAsync(context));
        Order("DELETE", "/faults", (front, _) => Now(front._world.Faults.Clear));
        Order("POST", "/faults", (front, context) => front.ArmAsync(context));
        Order("POST", "/act", (front, context) => front.ActAsync(context));
        Order("POST", "/mail/start", (front, context) => front.StartMailAsync(context));
        Order("POST", "/mail/stop", (front, _) => Now(front.StopMail));
        Order("POST", "/snapshots/{node}", (front, context) => front.CreateSnapshotAsync(context));
        Order("POST", "/snapshots/{node}/{name}/revert", (front, context) => Now(() => front.Revert(context)));

        void Get<T>(string pattern, Func<ControlFront, HttpRequest, (T Answer, JsonTypeInfo<T> Type)> answer) =>
            routes.MapGet(pattern, async context =>
            {
                try
                {
                    (T value, JsonTypeInfo<T> type) = answer(frontOf(context), context.Request);
                    await WriteAsync(context, 200, JsonSerializer.SerializeToUtf8Bytes(value, type)).ConfigureAwait(false);
                }
                catch (ApiRefusal refusal)
                {
                    await RefuseAsync(context, refusal).ConfigureAwait(false);
                }
            });

        void Order(string verb, string pattern, Func<ControlFront, HttpContext, Task> order) =>
            routes.MapMethods(pattern, [verb], context => DoAsync(context, () => order(frontOf(context), context)));
    }

    /// <summary>
    /// Whether a browser asks for a page of another site, which can send orders anywhere, or under a name that somebody else's DNS has led here.
    /// </summary>
    public static bool IsForeign(HttpRequest request)
    {
        string host = request.Host.Host;
        bool isOurs = host.Length == 0
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
        bool isOfAnotherSite = request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none")
            || request.Headers.Origin is [{ } origin] && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
        return !isOurs || isOfAnotherSite;
    }

    public static Task RefuseForeignAsync(HttpContext context) =>
        RefuseAsync(context, new ApiRefusal(403, "foreignOrigin", "Another site's page may not ask here."));

    private MailFigures Mail => cluster.GetMail();

    private MailboxCopy[] Mailbox(HttpRequest request) => [.. _world.Mail.Sink.Find(request.Query["message-id"].FirstOrDefault() ?? string.Empty)];

    private async Task ActAsync(HttpContext context)
    {
        ActOrder order = await ReadAsync(context, JsonContext.Default.ActOrder).ConfigureAwait(false);
        _world.Act(order.Node, order.Act, argument: order.Snapshot);
    }

    private async Task StartMailAsync(HttpContext context) =>
        cluster.StartMail((await ReadAsync(context, JsonContext.Default.MailOrder).ConfigureAwait(false)).PerSecond);

    private void StopMail() => cluster.StopMail();

    private async Task CreateSnapshotAsync(HttpContext context)
    {
        SnapshotOrder order = await ReadAsync(context, JsonContext.Default.SnapshotOrder).ConfigureAwait(false);
        if (string.IsNullOrEmpty(order.Name))
        {
            throw new ApiRefusal(400, "badRequest", "A snapshot has a name.");
        }

        Locked(() => _world.Hypervisor.Create(Node(context.Request), order.Name, CallerOf(context)));
    }

    private void Revert(HttpContext context) => Locked(() => _world.Hypervisor.Revert(Node(context.Request), Value(context, "name"), CallerOf(context)));

    private WorldView View() => Locked(() =>
    {
        SimulatedBalancer balancer = _world.Mail.Balancer;
        Dictionary<string, SimulatedNodeEndpoint> endpoints = cluster.Nodes.ToDictionary(node => node.Name, StringComparer.Ordinal);
        return new WorldView(
            _world.Now,
            new BalancerView(
                cluster.BalancerMail?.ToString(),
                cluster.BalancerRuntime?.ToString(),
                balancer.HasPassedMail,
                [.. _world.Nodes.Select(node => ServerOf(balancer, node.Name))]),
            [.. _world.Nodes.Select(node => ViewOf(node, endpoints[node.Name], balancer.StateOf(node.Name).Mode))]);
    });

    private NodeView ViewOf(SimulatedNode node, SimulatedNodeEndpoint endpoint, LoadMode load)
    {
        Sdk.QueueSummary queue = node.GetQueueSummary(null);
        Sdk.NodeStatus status = node.GetStatus();
        return new NodeView(
            node.Name,
            node.Role == Sdk.NodeRole.Control ? "Control" : "Secondary",
            node.Build.ToString(),
            node.Receiving,
            node.Sending,
            !node.IsRunning ? Sdk.NodeState.Unavailable.Value : node.IsInstalling ? "installing" : status.EmergencyMode ? "emergency" : status.State.Value,
            new QueuesView(queue.Mta, queue.KataQuarantine, queue.AntiSpamQuarantine),
            node.SynchronizedAt,
            Word(load),
            Snapshots(node.Name),
            endpoint.Url.ToString(),
            endpoint.Smtp,
            endpoint.Fingerprint,
            node.ClusterAddress);
    }

    private static BalancerServerView ServerOf(SimulatedBalancer balancer, string node)
    {
        LoadState state = balancer.StateOf(node);
        return new BalancerServerView(node, Word(state.Mode), state.Sessions, state.Healthy, state.SessionsTotal);
    }

    private SnapshotView[] Snapshots(string node) =>
        [.. _world.Hypervisor.List(node).Select(snapshot => new SnapshotView(snapshot.Name, snapshot.CreatedAt, snapshot.IsComplete))];

    private FileView[] Files(string node) =>
        [.. _world.Files.List(node).Select(file => new FileView(file.Path, file.Mode, file.Owner, file.Sha256, file.Content.Length, file.LinkTarget))];

    private List<SimulatedViolation> ClientViolations(HttpRequest request) =>
        [
            .. cluster.GetViolations(request.Query["end"] == "true" || request.Query["end"] == "completed", completed: request.Query["end"] == "completed")
                .Where(finding => finding.Cause == EffectCause.Client)];

    private async Task ArmAsync(HttpContext context)
    {
        JsonElement body = await ReadAsync(context, JsonContext.Default.JsonElement).ConfigureAwait(false);
        _world.Faults.Arm(body.ValueKind == JsonValueKind.Array ? [.. body.EnumerateArray().Select(ReadFault)] : [ReadFault(body)]);
    }

    /// <summary>The generated reader takes what is missing for nothing, and not for its default: so it gets the default.</summary>
    private static SimulatedFault ReadFault(JsonElement order)
    {
        JsonObject whole = JsonSerializer.SerializeToNode(new SimulatedFault { Fault = string.Empty }, JsonContext.Default.SimulatedFault)!.AsObject();
        JsonObject given = order.ValueKind == JsonValueKind.Object ? JsonObject.Create(order)! : throw new JsonException("A fault is an object.");
        foreach ((string name, JsonNode? value) in given)
        {
            whole[name] = value?.DeepClone();
        }

        return whole.Deserialize(JsonContext.Default.SimulatedFault)!;
    }

    private async Task GetFileAsync(HttpContext context)
    {
        try
        {
            SimulatedFile file = Locked(() => _world.Files.Read(Node(context.Request), "/" + Value(context, "path")));
            context.Response.Headers[FileHeaders.Mode] = file.Mode;
            context.Response.Headers[FileHeaders.Owner] = file.Owner;
            context.Response.Headers[FileHeaders.Sha256] = file.Sha256;
            if (file.LinkTarget is not null)
            {
                context.Response.Headers[FileHeaders.LinkTarget] = file.LinkTarget;
            }

            context.Response.ContentType = "application/octet-stream";
            context.Response.ContentLength = file.Content.Length;
            await context.Response.Body.WriteAsync(file.Content, context.RequestAborted).ConfigureAwait(false);
        }
        catch (ApiRefusal refusal)
        {
            await RefuseAsync(context, refusal).ConfigureAwait(false);
        }
    }

    private static Task GetPristineAsync(HttpContext context)
    {
        string? sha256 = Sdk.BuildNumber.TryParse(Value(context, "build"), out Sdk.BuildNumber build)
            ? FileStore.Ship("/" + Value(context, "path"), build)?.Sha256
            : null;
        return sha256 is null
            ? RefuseAsync(context, new ApiRefusal(404, "notFound", "No build is known to ship this file."))
            : context.Response.WriteAsync(sha256, context.RequestAborted);
    }

    private async Task PutFileAsync(HttpContext context)
    {
        using var content = new MemoryStream();
        await context.Request.Body.CopyToAsync(content, context.RequestAborted).ConfigureAwait(false);
        IHeaderDictionary headers = context.Request.Headers;
        var file = new SimulatedFile(
            "/" + Value(context, "path"),
            headers[FileHeaders.Mode].FirstOrDefault() ?? "0644",
            headers[FileHeaders.Owner].FirstOrDefault() ?? "root:root",
            content.ToArray(),
            headers[FileHeaders.LinkTarget].FirstOrDefault());
        Locked(() => _world.Files.Write(Node(context.Request), file, CallerOf(context)));
    }

    /// <summary>Carries out an order and says how it went.</summary>
    private static async Task DoAsync(HttpContext context, Func<Task> order)
    {
        try
        {
            await order().ConfigureAwait(false);
            await WriteAsync(context, 200, "{\"done\":true}"u8.ToArray()).ConfigureAwait(false);
        }
        catch (ApiRefusal refusal)
        {
            await RefuseAsync(context, refusal).ConfigureAwait(false);
        }
        catch (NodeConnectionException)
        {
            context.Abort();
        }
        catch (Exception bad) when (bad is JsonException or ArgumentException or FormatException)
        {
            await RefuseAsync(context, new ApiRefusal(400, "badRequest", bad.Message)).ConfigureAwait(false);
        }
    }

    private static Task Now(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private T Locked<T>(Func<T> read)
    {
        lock (_world.Gate)
        {
            _world.CatchUp();
            return read();
        }
    }

    private void Locked(Action act) => Locked(() =>
    {
        act();
        return true;
    });

    private static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) =>
        await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted).ConfigureAwait(false)
        ?? throw new JsonException("The body is missing.");

    private static Task RefuseAsync(HttpContext context, ApiRefusal refusal) =>
        WriteAsync(
            context, refusal.Status, JsonSerializer.SerializeToUtf8Bytes(WireJson.Refusal(refusal.Code, refusal.Message), JsonContext.Default.JsonObject));

    private static async Task WriteAsync(HttpContext context, int status, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private static string Node(HttpRequest request) => (string)request.RouteValues["node"]!;

    private static string Value(HttpContext context, string name) => (string?)context.Request.RouteValues[name] ?? string.Empty;

    /// <summary>An adapter works for the client; a test that plays the human says so with <c>?cause=human</c>.</summary>
    private static Caller CallerOf(HttpContext context) =>
        new(context.Request.Query["cause"].FirstOrDefault() is { } cause ? SimulatedWorld.Cause(cause) : EffectCause.Client);

    private static long After(HttpRequest request) =>
        long.TryParse(request.Query["after"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out long after) ? after : 0;

    private static string Word(LoadMode mode) => mode.ToString().ToLowerInvariant();
}

/// <summary>What the control URL says about a file, beside its bytes.</summary>
internal static class FileHeaders
{
    public const string Mode = "X-File-Mode";
    public const string Owner = "X-File-Owner";
    public const string Sha256 = "X-File-Sha256";
    public const string LinkTarget = "X-File-Link-Target";
}
