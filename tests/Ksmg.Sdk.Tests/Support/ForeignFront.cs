using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A node behind a front that disagrees with us in every respect: other paths and verbs, another envelope, other names and words, times
/// as numbers, numbers as texts, numeric ids of nodes, both switches in one call, queues as a list, a token of another name. Only what
/// <c>docs/dialects.md</c> says is known here; <see cref="Dialect"/> is the file that makes the SDK speak to it.
/// </summary>
internal sealed class ForeignFront(HttpMessageHandler node) : DelegatingHandler(node)
{
    public const string Dialect = """
        // A dialect as somebody writes it who has watched a browser.
        { "schema": 2, "name": "the lab",
          "session": { "xsrfHeaders": [ "X-Gate" ], "xsrfCookie": "GATE" },
          "defaults": {
            "success": "status == 'DONE'",
            "failure": "status == 'FAILED' && { code: fault.id, message: fault.text } || null",
            "times": "unix",
            "headers": { "X-Ui": "console" } },
          "operations": {
            "get-auth-info": [ { "path": "/api/hello" } ],
            "user-login": [ { "path": "/api/sign-in", "body": { "who": "{userName}", "secret": "{password}" } } ],
            "list-nodes": [ { "method": "POST", "path": "/api/cluster", "body": {},
              "answer": "{ emergencyMode: data.emergency, nodes: data.members[].{ address: endpoint, id: memberId, hostName: fqdn, role: kind, state: health, build: product.full, synchronizedAt: lastSync, appliedAt: lastApplied, databases: bases } }",
              "words": { "role": { "MASTER": "control", "SLAVE": "secondary" }, "state": { "OK": "available", "DOWN": "unavailable" } } } ],
            "get-node-status": [ { "path": "/api/host",
              "answer": "{ address: data.endpoint, hostName: data.fqdn, role: data.kind, emergencyMode: data.emergency, state: data.health, synchronizedAt: data.lastSync, appliedAt: data.lastApplied, settingsChangedAt: data.changed, databases: data.bases, clock: data.now, license: data.key, disks: data.mounts[].{ mount: at, freeBytes: free, totalBytes: size }, services: data.daemons[].{ name: id, state: up }, integrity: { state: data.check, checkedAt: data.checkedAt } }",
              "words": { "role": { "MASTER": "control", "SLAVE": "secondary" }, "state": { "OK": "available" }, "services.state": { "1": "running", "0": "stopped" },
                "license": { "VALID": "active" }, "emergencyMode": { "Y": true, "N": false } } } ],
            "get-current-user": [ { "missing": true } ],
            "get-about": [ { "path": "/api/version", "answer": "{ version: data.short, build: data.full }" } ],
            "get-queue-summary": [ { "path": "/api/queues", "query": { "host": "{nodeId}" },
              "answer": "{ mta: data.list[?name=='MTA'].messages | [0], kataQuarantine: data.list[?name=='KATA'].messages | [0], antiSpamQuarantine: data.list[?name=='AS'].messages | [0], smtpSessions: data.sessions }" } ],
            "list-queue": [ { "missing": true } ],
            "get-mail-flow": [ { "path": "/api/flow", "query": { "host": "{nodeId}" }, "answer": "{ receiving: data.inbound, sending: data.outbound }",
              "words": { "receiving": { "ON": true, "OFF": false }, "sending": { "ON": true, "OFF": false } } } ],
            "set-receiving": [ { "method": "PUT", "path": "/api/flow", "body": { "host": { "id": "{nodeId}" }, "inbound": "{receiving}", "outbound": "{sending}" },
              "words": { "receiving": { "ON": true, "OFF": false }, "sending": { "ON": true, "OFF": false } } } ],
            "upload-update": [ { "method": "PUT", "path": "/api/images/{uploadId}",
              "answer": "data.{ id: key, fileName: name, sizeBytes: bytes, receivedBytes: stored, sha256: sum, complete: whole, uploadedAt: at }" } ],
            "list-updates": [ { "path": "/api/images",
              "answer": "{ packages: data.images[].{ id: key, fileName: name, sizeBytes: bytes, receivedBytes: stored, sha256: sum, complete: whole, uploadedAt: at } }" } ],
            "delete-update": [ { "method": "DELETE", "path": "/api/images/{id}" } ],
            "start-update": [ { "path": "/api/upgrade", "body": { "image": "{id}" } } ],
            "get-update-status": [ { "path": "/api/upgrade", "answer": "data.{ state: phase, uploadId: image, progressPercent: percent, unknownObjects: strangers, message: note }",
              "words": { "state": { "RUN": "installing", "BOOT": "restarting", "REST": "idle", "READY": "completed" } } } ],
            "assign-control": [ { "path": "/api/members/{nodeId}/kind", "body": { "kind": "MASTER" } } ],
            "assign-secondary": [ { "path": "/api/members/{nodeId}/kind", "body": { "kind": "SLAVE" } } ] } }
        """;

    private static readonly (string Ours, string Theirs)[] Words =
    [
        ("control", "MASTER"), ("secondary", "SLAVE"), ("available", "OK"), ("unavailable", "DOWN"), ("active", "VALID"),
        ("installing", "RUN"), ("restarting", "BOOT"), ("idle", "REST"), ("completed", "READY"),
    ];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string path = request.RequestUri!.AbsolutePath;
        JsonNode? body = request.Content is { Headers.ContentType.MediaType: "application/json" } content
            ? JsonNode.Parse(await content.ReadAsStringAsync(cancellationToken))
            : null;
        string query = Uri.UnescapeDataString(request.RequestUri.Query);
        string last = path.Split('/')[^1];
        return (request.Method.Method, path) switch
        {
            ("GET", "/api/hello" or "/web/api/get-auth-info") => await PassAsync(HttpMethod.Get, "get-auth-info", null, _ => new JsonObject()),
            ("POST", "/api/sign-in" or "/web/api/user-login") => await PassAsync(
                HttpMethod.Post, "user-login",
                new JsonObject
                {
                    ["username"] = (body!["who"] ?? body["username"])!.DeepClone(),
                    ["password"] = (body["secret"] ?? body["password"])!.DeepClone(),
                    ["newPassword"] = "",
                    ["confirmPassword"] = "",
                    ["useDomainCreds"] = false,
                },
                _ => new JsonObject()),
            ("POST", "/api/cluster") => await PassAsync(HttpMethod.Get, "get-cluster-nodes", null, data => new JsonObject
            {
                ["emergency"] = data["emergencyMode"]!.DeepClone(),
                ["members"] = new JsonArray([.. data["nodes"]!.AsArray().Select(row => (JsonNode)new JsonObject
                {
                    ["endpoint"] = row!["address"]!.DeepClone(), ["memberId"] = IdOf((string)row["address"]!), ["fqdn"] = row["hostName"]?.DeepClone(),
                    ["kind"] = Word(row["role"]), ["health"] = Word(row["state"]), ["product"] = new JsonObject { ["full"] = row["build"]?.DeepClone() },
                    ["lastSync"] = Seconds(row["synchronizedAt"]), ["lastApplied"] = Seconds(row["appliedAt"]), ["bases"] = row["databases"]?.DeepClone(),
                })]),
            }),
            ("GET", "/api/host") => await PassAsync(HttpMethod.Get, "get-node-status", null, Host),
            ("GET", "/api/version") => await PassAsync(HttpMethod.Get, "get-about", null, data => new JsonObject
            {
                ["short"] = data["version"]?.DeepClone(),
                ["full"] = data["build"]?.DeepClone(),
            }),
            ("GET", "/api/queues") => await PassAsync(HttpMethod.Get, "get-message-queue-summary" + OfHost(query), null, data => new JsonObject
            {
                ["list"] = new JsonArray(Queue("AS", data["antiSpamQuarantine"]), Queue("MTA", data["mta"]), Queue("KATA", data["kataQuarantine"])),
                ["sessions"] = data["smtpSessions"]?.DeepClone(),
            }),
            ("GET", "/api/flow") => await PassAsync(HttpMethod.Get, "get-receive-send-settings" + OfHost(query), null, data => new JsonObject
            {
                ["inbound"] = (bool)data["receiving"]! ? "ON" : "OFF",
                ["outbound"] = (bool)data["sending"]! ? "ON" : "OFF",
            }),
            ("PUT", "/api/flow") => (string)body!["outbound"]! == "ON"
                ? await PassAsync(
                    HttpMethod.Post, "set-receiving",
                    new JsonObject { ["node"] = AddressOf(body["host"]!["id"]!.ToJsonString()), ["enabled"] = (string)body["inbound"]! == "ON" },
                    _ => new JsonObject())
                : Failed("sending", "The other switch was turned too."),
            ("GET", "/api/images") => await PassAsync(HttpMethod.Get, "list-update-packages", null, data => new JsonObject
            {
                ["images"] = new JsonArray([.. data["packages"]!.AsArray().Select(image => (JsonNode)Image(image!))]),
            }),
            ("PUT", _) when path.StartsWith("/api/images/", StringComparison.Ordinal) =>
                await PassAsync(HttpMethod.Post, "upload-update-package?uploadId=" + last, null, data => Image(data)),
            ("DELETE", _) => await PassAsync(HttpMethod.Post, "delete-update-package", new JsonObject { ["id"] = last }, _ => new JsonObject()),
            ("POST", "/api/upgrade") => await PassAsync(
                HttpMethod.Post, "start-update", new JsonObject { ["id"] = body!["image"]!.DeepClone() }, _ => new JsonObject()),
            ("GET", "/api/upgrade") => await PassAsync(HttpMethod.Get, "get-update-status", null, data => new JsonObject
            {
                ["phase"] = Word(data["state"]),
                ["image"] = data["uploadId"]?.DeepClone(),
                ["percent"] = data["progressPercent"]?.ToJsonString(),
                ["strangers"] = data["unknownObjects"]?.DeepClone(),
                ["note"] = data["message"]?.DeepClone(),
            }),
            ("POST", _) when path.StartsWith("/api/members/", StringComparison.Ordinal) => await PassAsync(
                HttpMethod.Post, (string)body!["kind"]! == "MASTER" ? "assign-control-role" : "assign-secondary-role", new JsonObject(), _ => new JsonObject()),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound),
        };

        async Task<HttpResponseMessage> PassAsync(HttpMethod method, string call, JsonNode? ours, Func<JsonNode, JsonNode> theirs)
        {
            if (!request.Headers.GetValues("X-Ui").SequenceEqual(["console"]))
            {
                throw new InvalidOperationException("X-Ui is not what the dialect says.");
            }

            HttpContent? inner = ours is null ? request.Content : new StringContent(ours.ToJsonString(), Encoding.UTF8, "application/json");
            using HttpRequestMessage asked = new(method, new Uri(request.RequestUri!, "/web/api/" + call));
            asked.Content = method == HttpMethod.Get ? null : inner;
            if (request.Headers.TryGetValues("X-Gate", out IEnumerable<string>? token))
            {
                asked.Headers.Add("X-XSRF-TOKEN", token);
                asked.Headers.Add("KSMG-XSRF-TOKEN", token);
            }

            if (request.Headers.TryGetValues("Cookie", out IEnumerable<string>? cookies))
            {
                asked.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies).Replace("GATE", "XSRF-TOKEN", StringComparison.Ordinal));
            }

            HttpResponseMessage answer = await base.SendAsync(asked, cancellationToken);
            string text = await answer.Content.ReadAsStringAsync(cancellationToken);
            JsonNode? told = text.StartsWith('{') ? JsonNode.Parse(text) : null;
            JsonObject envelope = told?["error"] is JsonObject error
                ? Fault((string?)error["code"], (string?)error["message"])
                : new JsonObject { ["status"] = "DONE", ["data"] = told?["data"] is { } data ? theirs(data) : new JsonObject() };
            HttpResponseMessage foreign = told is null && !answer.IsSuccessStatusCode
                ? new HttpResponseMessage(answer.StatusCode)
                : new HttpResponseMessage(answer.StatusCode == HttpStatusCode.Unauthorized ? HttpStatusCode.OK : answer.StatusCode)
                {
                    Content = new StringContent(envelope.ToJsonString(), Encoding.UTF8, "application/json"),
                };
            if (answer.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? set))
            {
                foreach (string cookie in set)
                {
                    foreign.Headers.TryAddWithoutValidation("Set-Cookie", cookie.Replace("XSRF-TOKEN", "GATE", StringComparison.Ordinal));
                }
            }

            answer.Dispose();
            return foreign;
        }
    }

    private static JsonNode Host(JsonNode data) => new JsonObject
    {
        ["endpoint"] = data["address"]!.DeepClone(),
        ["fqdn"] = data["hostName"]?.DeepClone(),
        ["kind"] = Word(data["role"]),
        ["health"] = Word(data["state"]),
        ["emergency"] = (bool)data["emergencyMode"]! ? "Y" : "N",
        ["lastSync"] = Seconds(data["synchronizedAt"]),
        ["lastApplied"] = Seconds(data["appliedAt"]),
        ["changed"] = Seconds(data["settingsChangedAt"]),
        ["bases"] = data["databases"]?.DeepClone(),
        ["now"] = Seconds(data["clock"]),
        ["key"] = Word(data["license"]),
        ["mounts"] = new JsonArray([.. data["disks"]!.AsArray().Select(d => (JsonNode)new JsonObject
        {
            ["at"] = d!["mount"]!.DeepClone(), ["free"] = d["freeBytes"]!.ToJsonString(), ["size"] = d["totalBytes"]!.ToJsonString(),
        })]),
        ["daemons"] = new JsonArray([.. data["services"]!.AsArray().Select(s => (JsonNode)new JsonObject
        {
            ["id"] = s!["name"]!.DeepClone(), ["up"] = (string)s["state"]! == "running" ? 1 : 0,
        })]),
        ["check"] = data["integrity"]?["state"]?.DeepClone(),
        ["checkedAt"] = Seconds(data["integrity"]?["checkedAt"]),
    };

    private static JsonObject Image(JsonNode ours) => new()
    {
        ["key"] = ours["id"]!.DeepClone(),
        ["name"] = ours["fileName"]?.DeepClone(),
        ["bytes"] = ours["sizeBytes"]?.ToJsonString(),
        ["stored"] = ours["receivedBytes"]?.DeepClone(),
        ["sum"] = ours["sha256"]?.DeepClone(),
        ["whole"] = ours["complete"]?.DeepClone(),
        ["at"] = Seconds(ours["uploadedAt"]),
    };

    private static JsonObject Queue(string name, JsonNode? count) => new() { ["name"] = name, ["messages"] = count?.ToJsonString() };

    private static HttpResponseMessage Failed(string code, string text) =>
        new(HttpStatusCode.OK) { Content = new StringContent(Fault(code, text).ToJsonString(), Encoding.UTF8, "application/json") };

    private static JsonObject Fault(string? code, string? text) =>
        new() { ["status"] = "FAILED", ["fault"] = new JsonObject { ["id"] = code, ["text"] = text } };

    private static JsonNode? Word(JsonNode? ours) =>
        ours is null ? null : Words.FirstOrDefault(w => w.Ours == (string)ours!) is { Theirs: { } word } ? word : ours.DeepClone();

    private static JsonNode? Seconds(JsonNode? instant) => instant is null
        ? 0
        : (DateTimeOffset.Parse((string)instant!, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / (decimal)TimeSpan.TicksPerSecond;

    /// <summary>The front's ids are numbers: the last part of the IPv4 address.</summary>
    private static int IdOf(string address) => int.Parse(address.Split(':')[0].Split('.')[^1], CultureInfo.InvariantCulture);

    private string OfHost(string query) => "?node=" + AddressOf(query.Split('=')[1]);

    private string AddressOf(string id) => _addresses.Single(address => IdOf(address).ToString(CultureInfo.InvariantCulture) == id);

    private readonly string[] _addresses = [];

    /// <summary>The in-cluster addresses of the cluster's nodes.</summary>
    public required IEnumerable<string> Addresses
    {
        init => _addresses = [.. value];
    }
}
