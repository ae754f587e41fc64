using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Maintenances as the API of Zabbix documents them (6.4): whole minutes, periods of five at least, names that are there once, numbers as
/// texts, a token in the header for everything but the version, which is told without one only.
/// </summary>
internal sealed class ZabbixServer(TimeProvider time) : IAsyncDisposable
{
    public const string Token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly string[] Properties = ["maintenanceid", "name", "active_since", "active_till", "description", "hosts", "timeperiods"];

    private TestServer? _server;
    private int _lastId = 40;

    public List<string> Calls { get; } = [];

    public Dictionary<string, JsonObject> Maintenances { get; } = new(StringComparer.Ordinal);

    public Uri Url => new(_server!.Address, "/zabbix/api_jsonrpc.php");

    public string Fingerprint => _server!.Fingerprint;

    /// <summary>The technical names of the hosts that the token may change, with their ids.</summary>
    public Dictionary<string, string> Hosts { get; } = new(StringComparer.Ordinal) { ["gw1"] = "10084", ["mx2"] = "10085" };

    public static async Task<ZabbixServer> StartAsync(TimeProvider time)
    {
        ZabbixServer zabbix = new(time);
        zabbix._server = await TestServer.StartAsync(zabbix.AnswerAsync);
        return zabbix;
    }

    /// <summary>The hosts whose alerts are kept back now.</summary>
    public IEnumerable<string> Quiet => Maintenances.Values
        .Where(m => Number(m, "active_since") <= Now && Now < Number(m, "active_till")
            && m["timeperiods"]!.AsArray().Any(p => Number(p!, "start_date") <= Now && Now < Number(p!, "start_date") + Number(p!, "period")))
        .SelectMany(m => m["hosts"]!.AsArray().Select(h => (string)h!["hostid"]!));

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (request.Method != "POST" || request.Path != "/zabbix/api_jsonrpc.php" || request.ContentType != "application/json-rpc")
        {
            context.Response.StatusCode = 412;
            return;
        }

        JsonObject call = JsonNode.Parse(await new StreamReader(request.Body).ReadToEndAsync())!.AsObject();
        string method = (string)call["method"]!;
        Calls.Add(method);
        JsonObject answer = new() { ["jsonrpc"] = "2.0", ["id"] = call["id"]!.DeepClone() };
        try
        {
            string? login = request.Headers.Authorization;
            if ((string)call["jsonrpc"]! != "2.0" || method == "apiinfo.version" != login is null || login is not (null or "Bearer " + Token))
            {
                throw new FormatException("Not authorized.");
            }

            answer["result"] = Answer(method, call["params"]!);
        }
        catch (FormatException e)
        {
            answer["error"] = new JsonObject { ["code"] = -32602, ["message"] = "Invalid params.", ["data"] = e.Message };
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString(), Encoding.UTF8);
    }

    private JsonNode Answer(string method, JsonNode parameters) => method switch
    {
        "apiinfo.version" => JsonValue.Create("7.0.3"),
        "host.get" when parameters["editable"] is not { } editable || !editable.GetValue<bool>() => throw new FormatException("Hosts that may be seen."),
        "host.get" => new JsonArray(
            [.. Hosts.Where(h => Asked(parameters, "host").Contains(h.Key)).Select(h => new JsonObject { ["hostid"] = h.Value, ["host"] = h.Key })]),
        "maintenance.get" => new JsonArray(
            [.. Maintenances.Where(m => Asked(parameters, "name").Contains((string)m.Value["name"]!)).Select(m => new JsonObject
            {
                ["maintenanceid"] = m.Key,
                ["active_since"] = Number(m.Value, "active_since").ToString(CultureInfo.InvariantCulture),
            })]),
        "maintenance.create" => Create(parameters.AsObject()),
        "maintenance.update" => Update(parameters.AsObject()),
        "maintenance.delete" => Delete(parameters.AsArray()),
        _ => throw new FormatException("No such method."),
    };

    private JsonObject Create(JsonObject maintenance)
    {
        Check(maintenance);
        foreach (string needed in (string[])["name", "active_since", "active_till", "hosts", "timeperiods"])
        {
            Demand(maintenance.ContainsKey(needed), $"Parameter {needed} is missing.");
        }

        Demand(!Maintenances.Values.Any(m => (string)m["name"]! == (string)maintenance["name"]!), "Maintenance already exists.");
        Demand(maintenance["hosts"]!.AsArray().All(h => Hosts.ContainsValue((string)h!["hostid"]!)), "No permissions to referred object.");
        string id = (++_lastId).ToString(CultureInfo.InvariantCulture);
        Maintenances[id] = Cut(maintenance.DeepClone().AsObject());
        return Ids(id);
    }

    private JsonObject Update(JsonObject changes)
    {
        Check(changes);
        string id = (string)changes["maintenanceid"]!;
        Demand(Maintenances.ContainsKey(id), "No permissions to referred object.");
        foreach ((string name, JsonNode? value) in changes.Where(c => c.Key != "maintenanceid"))
        {
            Maintenances[id][name] = value!.DeepClone();
        }

        Cut(Maintenances[id]);
        return Ids(id);
    }

    private JsonObject Delete(JsonArray ids)
    {
        Demand(ids.Count > 0 && ids.All(id => Maintenances.Remove((string)id!)), "No permissions to referred object.");
        return Ids([.. ids.Select(id => (string)id!)]);
    }

    private static void Check(JsonObject maintenance)
    {
        Demand(maintenance.All(m => Properties.Contains(m.Key)), "Unexpected parameter.");
        Demand((string?)maintenance["name"] is not { Length: > 128 }, "Value of name is too long.");
        Demand(
            maintenance["timeperiods"]!.AsArray().All(p => Number(p!, "timeperiod_type") == 0 && Number(p!, "period") >= 300),
            "Incorrect maintenance period (minimum 5 minutes).");
    }

    /// <summary>Everything counts in whole minutes.</summary>
    private static JsonObject Cut(JsonObject maintenance)
    {
        foreach ((JsonNode holder, string name) in maintenance["timeperiods"]!.AsArray()
            .SelectMany(p => new[] { (p!, "start_date"), (p!, "period") }).Append((maintenance, "active_since")).Append((maintenance, "active_till")).ToList())
        {
            holder[name] = Number(holder, name) / 60 * 60;
        }

        bool isInOrder = Number(maintenance, "active_since") < Number(maintenance, "active_till");
        Demand(isInOrder, "Maintenance \"Active since\" value cannot be bigger than \"Active till\".");
        return maintenance;
    }

    private static void Demand(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new FormatException(otherwise);
        }
    }

    private static JsonObject Ids(params string[] ids) => new() { ["maintenanceids"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) };

    private static IEnumerable<string> Asked(JsonNode parameters, string name) => parameters["filter"]![name]!.AsArray().Select(n => (string)n!);

    private static long Number(JsonNode holder, string name) => holder[name]!.GetValue<long>();
}
