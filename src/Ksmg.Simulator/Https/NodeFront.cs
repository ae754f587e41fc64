using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Ksmg.Simulator;

/// <summary>The web interface of one node: sessions, the XSRF header of its build, the operations of docs/wire.md, broken answers.</summary>
internal sealed partial class NodeFront
{
    /// <summary>Where the calls stand.</summary>
    public const string ApiPath = "/web/api/";

    private const int MaxBodyBytes = 1 << 20;
    private const int MaxTokens = 1000;
    private const string SessionCookie = "ksmg-session";

    /// <summary>The calls that were seen on real appliances: no shape changes them.</summary>
    private static readonly FrozenSet<string> ObservedCalls =
        new[] { "get-auth-info", "user-login", "create-mta-cert-imported", "set-mta-cert-active-server" }.ToFrozenSet();

    private static readonly FrozenDictionary<string, (
        string Method, string Operation)> Routes = new Dictionary<string, (string, string)>(StringComparer.Ordinal)
        {
            ["get-auth-info"] = ("GET", "get-auth-info"),
            ["user-login"] = ("POST", "user-login"),
            ["create-mta-cert-imported"] = ("POST", "create-mta-cert-imported"),
            ["set-mta-cert-active-server"] = ("POST", "set-mta-cert-active-server"),
            ["get-cluster-nodes"] = ("GET", "list-nodes"),
            ["get-node-status"] = ("GET", "get-node-status"),
            ["get-current-user"] = ("GET", "get-current-user"),
            ["start-integrity-check"] = ("POST", "start-integrity-check"),
            ["get-about"] = ("GET", "get-about"),
            ["get-message-queue-summary"] = ("GET", "get-queue-summary"),
            ["list-message-queue"] = ("GET", "list-queue"),
            ["flush-message-queue"] = ("POST", "flush-queue"),
            ["get-receive-send-settings"] = ("GET", "get-mail-flow"),
            ["set-receiving"] = ("POST", "set-receiving"),
            ["set-sending"] = ("POST", "set-sending"),
            ["upload-update-package"] = ("POST", "upload-update"),
            ["list-update-packages"] = ("GET", "list-updates"),
            ["delete-update-package"] = ("POST", "delete-update"),
            ["start-update"] = ("POST", "start-update"),
            ["get-update-status"] = ("GET", "get-update-status"),
            ["assign-control-role"] = ("POST", "assign-control"),
            ["assign-secondary-role"] = ("POST", "assign-secondary"),
        }.ToFrozenDictionary();

    private readonly SimulatedWorld _world;
    private readonly SimulatedNode _node;
    private readonly ForeignShape? _foreign;
    private readonly HashSet<string> _tokens = new(StringComparer.Ordinal);
    private readonly List<X509Certificate2> _importedCertificates = [];
    private X509Certificate2? _certificate;
    private int _certificateGeneration;
    private int _activeCertificate;

    public NodeFront(SimulatedWorld world, SimulatedNode node)
    {
        _world = world;
        _node = node;
        _foreign = world.Options.Foreign ? new ForeignShape(world) : null;
        node.WebChanged = () => FollowMachine();
    }

    /// <summary>The operations a node answers.</summary>
    public static IEnumerable<string> Operations => Routes.Values.Select(route => route.Operation);

    /// <summary>The operations whose calls were observed.</summary>
    public static IEnumerable<string> Observed => ObservedCalls;

    /// <summary>Made at the first look, since without sockets nobody looks and keys cost time.</summary>
    public X509Certificate2 Certificate => _certificate ??= NewCertificate();

    public string Name => _node.Name;

    /// <summary>Follows the machine: whether its port is open, and which certificate it shows. Called under the world's lock.</summary>
    public bool FollowMachine()
    {
        if (_certificate is not null && _node.CertificateGeneration != _certificateGeneration)
        {
            _certificate = NewCertificate();
        }

        if (!_node.IsRunning && !_world.Options.SessionsSurviveRestart)
        {
            _tokens.Clear();
        }

        return _node.Web != WebState.Refused;
    }

    /// <summary>The call of an operation in our own shape.</summary>
    public static (string Verb, string Method) CallOf(string operation)
    {
        (string verb, (string method, _)) = Routes.Single(route => route.Value.Operation == operation);
        return (verb, method);
    }

    public async Task HandleAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? string.Empty;
        string? asked = await OperationAsync(context).ConfigureAwait(false);
        bool known = asked is not null;
        string operation = asked ?? path;
        FaultPlan? plan;
        WebState web;
        lock (_world.Gate)
        {
            _world.CatchUp();
            web = _node.Web;
            if (web != WebState.Up)
            {
                _world.Request(Name, operation, null, web.ToString());
            }

            plan = known && web == WebState.Up ? _world.Faults.Meet(Name, operation) : null;
        }

        if (web != WebState.Up)
        {
            await AnswerDownAsync(context, web).ConfigureAwait(false);
        }
        else if (NodePages.Find(context.Request, _foreign is not null) is var (contentType, text))
        {
            NodePages.Protect(context.Response.Headers);
            await WriteAsync(context, contentType, Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        }
        else if (!known)
        {
            await AnswerAsync(context, 404, WireJson.Refusal("notFound", "There is no such page.")).ConfigureAwait(false);
        }
        else if (plan is null)
        {
            await CarryAsync(context, operation, plan).ConfigureAwait(false);
        }
        else
        {
            await MeetAsync(context, operation, plan).ConfigureAwait(false);
        }
    }

    /// <summary>What is asked for, of the calls this node has; a request in another shape becomes one of ours.</summary>
    private async Task<string?> OperationAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? string.Empty;
        string verb = path.StartsWith(ApiPath, StringComparison.Ordinal) ? path[ApiPath.Length..] : string.Empty;
        bool known = Routes.TryGetValue(verb, out (string Method, string Operation) route) && route.Method == context.Request.Method;
        string? operation = known ? route.Operation : null;
        if (_foreign is null || operation is not null && ObservedCalls.Contains(operation))
        {
            return operation;
        }

        try
        {
            return await _foreign.EnterAsync(context).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A request that meets faults.</summary>
    private async Task MeetAsync(HttpContext context, string operation, FaultPlan plan)
    {
        if (plan.LateBy is { } late)
        {
            await ArriveLateAsync(context, operation, late).ConfigureAwait(false);
            return;
        }

        if (plan.DelayBefore is { } before)
        {
            await Task.Delay(before, _world.Time, context.RequestAborted).ConfigureAwait(false);
        }

        if (plan.DropsRequest)
        {
            Log(operation, null, "dropped");
            context.Abort();
        }
        else if (plan.Refusal is { } refusal)
        {
            Log(operation, null, refusal.Code);
            await AnswerAsync(context, refusal.Status, WireJson.Refusal(refusal.Code, refusal.Message)).ConfigureAwait(false);
        }
        else
        {
            await CarryAsync(context, operation, plan).ConfigureAwait(false);
        }
    }

    private async Task CarryAsync(HttpContext context, string operation, FaultPlan? plan)
    {
        int status = 200;
        JsonObject answer;
        string? session = null;
        try
        {
            session = Authorize(context, operation);
            ForeignShape.Refuse(context);
            answer = new JsonObject { ["data"] = await ActAsync(context, operation, new Caller(EffectCause.Client, session), plan).ConfigureAwait(false) };
        }
        catch (ApiRefusal refusal)
        {
            if (!refusal.IsLogged)
            {
                Log(operation, session, refusal.Code);
            }

            status = refusal.Status;
            answer = WireJson.Refusal(refusal.Code, refusal.Message);
        }
        catch (NodeConnectionException)
        {
            context.Abort();
            return;
        }
        catch (Exception bad) when (bad is JsonException or FormatException or OverflowException or InvalidOperationException or KeyNotFoundException)
        {
            Log(operation, session, "badRequest");
            status = 400;
            answer = WireJson.Refusal("badRequest", "The request is not understood.");
        }

        if (plan is null)
        {
            await AnswerAsync(context, status, answer).ConfigureAwait(false);
        }
        else
        {
            await AnswerAsync(context, status, answer, plan).ConfigureAwait(false);
        }
    }

    private async Task<JsonObject> ActAsync(HttpContext context, string operation, Caller caller, FaultPlan? plan)
    {
        IQueryCollection query = context.Request.Query;
        string? target = query["node"].FirstOrDefault();
        switch (operation)
        {
            case "get-auth-info": return GiveToken(context);
            case "user-login": return await LogInAsync(context, caller).ConfigureAwait(false);
            case "create-mta-cert-imported": return await ImportCertificateAsync(context, caller).ConfigureAwait(false);
            case "upload-update": return await UploadAsync(context, caller, plan).ConfigureAwait(false);
            case "list-nodes": return Do(node => WireJson.Of(node.ListNodes()));
            case "get-node-status": return Do(node => WireJson.Of(node.GetStatus()));
            case "get-current-user": return Do(node => WireJson.Of(node.GetCurrentUser()));
            case "get-about": return Do(node => WireJson.Of(node.GetAbout()));
            case "get-queue-summary": return Do(node => WireJson.Of(node.GetQueueSummary(target)));
            case "list-queue":
                return Do(
                node => WireJson.Of(node.ListQueue(target, Filter(query)), query["cursor"].FirstOrDefault(), query["limit"].FirstOrDefault()));
            case "get-mail-flow": return Do(node => WireJson.Of(node.GetSwitches(target)));
            case "list-updates": return Do(node => WireJson.Of(node.ListUploads()));
            case "get-update-status": return Do(node => WireJson.Of(node.GetUpdateStatus()));
        }

        JsonObject body = await ReadBodyAsync(context).ConfigureAwait(false);
        return operation switch
        {
            "set-mta-cert-active-server" => Do(node => ActivateCertificate(Number(body, "id"), caller)),
            "start-integrity-check" => Change(node => node.StartIntegrityCheck(caller)),
            "flush-queue" => Change(node => node.FlushQueue(OptionalText(body, "node"), new MessageQueueKind(Text(body, "queue")), caller)),
            "set-receiving" => Change(node => node.SetReceiving(OptionalText(body, "node"), Flag(body, "enabled"), caller)),
            "set-sending" => Change(node => node.SetSending(OptionalText(body, "node"), Flag(body, "enabled"), caller)),
            "delete-update" => Change(node => node.DeleteUpload(Text(body, "id"), caller)),
            "start-update" => Change(node => node.StartUpdate(Text(body, "id"), caller)),
            "assign-control" => Change(node => node.AssignControl(caller)),
            "assign-secondary" => Change(node => node.AssignSecondary(caller)),
            _ => throw new ApiRefusal(404, "notFound", "There is no such page."),
        };

        JsonObject Do(Func<SimulatedNode, JsonObject> act)
        {
            JsonObject data = _node.Carry(operation, caller, act);
            Applied(plan);
            return data;
        }

        JsonObject Change(Action<SimulatedNode> act) => Do(node =>
        {
            act(node);
            return WireJson.Success();
        });
    }

    /// <summary>The client is cut off; what it sent takes effect later.</summary>
    private async Task ArriveLateAsync(HttpContext context, string operation, TimeSpan late)
    {
        JsonObject body = await ReadBodyAsync(context).ConfigureAwait(false);
        var copy = new DefaultHttpContext();
        copy.Request.Method = context.Request.Method;
        copy.Request.Path = context.Request.Path;
        copy.Request.QueryString = context.Request.QueryString;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in context.Request.Headers)
        {
            copy.Request.Headers[name] = value;
        }

        copy.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(body, JsonContext.Default.JsonObject));
        copy.Response.Body = Stream.Null;
        Log(operation, null, "late");
        lock (_world.Gate)
        {
            _world.After(late, () => _ = _node.Web == WebState.Up ? CarryAsync(copy, operation, plan: null) : Task.CompletedTask);
        }

        context.Abort();
    }

    /// <summary>The session, then the XSRF header of the build. Returns the session's name.</summary>
    private string? Authorize(HttpContext context, string operation)
    {
        if (operation == "get-auth-info")
        {
            return null;
        }

        bool newDialect = _node.Build >= new BuildNumber(2, 1, 0, 0);
        lock (_world.Gate)
        {
            string? cookie = context.Request.Cookies[newDialect ? "KSMG-XSRF-TOKEN" : "XSRF-TOKEN"];
            string? header = context.Request.Headers[newDialect ? "KSMG-XSRF-TOKEN" : "X-XSRF-TOKEN"].FirstOrDefault();
            string? session = operation == "user-login" ? null : _node.Authenticate(context.Request.Cookies[SessionCookie]).Id;
            return cookie is not null && header == cookie && _tokens.Contains(cookie)
                ? session
                : throw new ApiRefusal(403, "xsrf", "The request is not trusted.");
        }
    }

    private JsonObject GiveToken(HttpContext context)
    {
        string token = _world.Token();
        _node.Carry("get-auth-info", Caller.Client, node =>
        {
            if (_tokens.Count >= MaxTokens)
            {
                _tokens.Clear();
            }

            _tokens.Add(token);
            bool newDialect = node.Build >= new BuildNumber(2, 1, 0, 0);
            context.Response.Cookies.Append(newDialect ? "KSMG-XSRF-TOKEN" : "XSRF-TOKEN", token, new CookieOptions { Secure = true, Path = "/" });
            return true;
        });
        return new JsonObject { ["authType"] = "local" };
    }

    private async Task<JsonObject> LogInAsync(HttpContext context, Caller caller)
    {
        JsonObject body = await ReadBodyAsync(context).ConfigureAwait(false);
        SimulatedSession session = _node.Carry(
            "user-login", caller, node => node.LogIn(OptionalText(body, "username"), OptionalText(body, "password"), caller));
        context.Response.Cookies.Append(SessionCookie, session.Cookie, new CookieOptions { Secure = true, HttpOnly = true, Path = "/" });
        return WireJson.Success();
    }

    private JsonObject ActivateCertificate(long id, Caller caller)
    {
        if (id < 1 || id > _importedCertificates.Count)
        {
            throw new ApiRefusal(404, "notFound", "There is no such certificate.");
        }

        _activeCertificate = (int)id;
        _world.Effect(Name, "certificate-activated", caller, _activeCertificate.ToString(CultureInfo.InvariantCulture));
        return WireJson.Success();
    }

    private X509Certificate2 NewCertificate()
    {
        _certificateGeneration = _node.CertificateGeneration;
        X509Certificate2 certificate = NodeCertificate.Create(_node.HostName, _world.Now);
        _node.Fingerprint = NodeCertificate.Fingerprint(certificate);
        return certificate;
    }

    private void Applied(FaultPlan? plan)
    {
        if (plan is not null)
        {
            lock (_world.Gate)
            {
                plan.Applied();
            }
        }
    }

    private void Log(string operation, string? session, string outcome)
    {
        lock (_world.Gate)
        {
            _world.Request(Name, operation, session, outcome);
        }
    }

    private static QueueFilter Filter(IQueryCollection query) => new()
    {
        Queue = query["queue"].FirstOrDefault() is { Length: > 0 } queue ? new MessageQueueKind(queue) : null,
        Sender = query["sender"].FirstOrDefault(),
        Recipient = query["recipient"].FirstOrDefault(),
        ReceivedBefore = query["receivedBefore"].FirstOrDefault() is { Length: > 0 } before
            ? DateTimeOffset.Parse(before, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal)
            : null,
    };

    /// <exception cref="JsonException">It is no JSON object.</exception>
    internal static async Task<JsonObject> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength is 0)
        {
            return [];
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }

        return await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false) as JsonObject
            ?? throw new JsonException("A JSON object is expected.");
    }

    private static string Text(JsonObject body, string name) => (string?)body[name] ?? throw new FormatException($"'{name}' is missing.");

    private static string? OptionalText(JsonObject body, string name) => (string?)body[name];

    private static bool Flag(JsonObject body, string name) => (bool?)body[name] ?? throw new FormatException($"'{name}' is missing.");

    private static long Number(JsonObject body, string name) => (long?)body[name] ?? throw new FormatException($"'{name}' is missing.");
}
