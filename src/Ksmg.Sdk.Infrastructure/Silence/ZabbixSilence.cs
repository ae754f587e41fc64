using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Maintenances of Zabbix, with data collection: one for each node in hand, found again by its name, by whichever process. Zabbix counts in
/// minutes, and takes up to one until it heeds a maintenance.
/// </summary>
public sealed class ZabbixSilence : IMonitoringSilence, ISelfTest, IDisposable
{
    internal const string Port = "Silence";

    /// <summary>Zabbix knows no shorter period.</summary>
    private static readonly TimeSpan _shortest = TimeSpan.FromMinutes(5);

    private readonly ZabbixOptions _options;
    private readonly MonitoringServer _server;
    private readonly TimeProvider _time;

    /// <summary>Creates the adapter; nothing is sent yet.</summary>
    /// <param name="options">Where Zabbix stands, and which of its hosts the nodes are.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public ZabbixSilence(ZabbixOptions options, TimeProvider? timeProvider = null)
    {
        (_options, _time) = (options.Checked(Port), timeProvider ?? TimeProvider.System);
        _server = new MonitoringServer("Zabbix", options.Url!, options.Trust, options.Timeout, _time);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">Zabbix did not take the maintenance. The message holds no secret.</exception>
    public async Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silence);
        ZabbixMaintenance? known = await FindAsync(silence, cancellationToken).ConfigureAwait(false);
        long since = known?.ActiveSince ?? Minutes(_time.GetUtcNow().ToUnixTimeSeconds());

        // What is no whole minute Zabbix cuts: then the silence would end early.
        long till = Math.Max(Minutes(silence.Until.ToUnixTimeSeconds() + 59), since + (long)_shortest.TotalSeconds);
        JsonObject maintenance = new()
        {
            ["active_till"] = till,
            ["timeperiods"] = new JsonArray(new JsonObject { ["timeperiod_type"] = 0, ["start_date"] = since, ["period"] = till - since }),
        };
        if (known is null)
        {
            string host = await FindHostAsync(silence.Node, cancellationToken).ConfigureAwait(false);
            maintenance["name"] = Name(silence);
            maintenance["description"] = silence.Comment;
            maintenance["active_since"] = since;
            maintenance["hosts"] = new JsonArray(new JsonObject { ["hostid"] = host });
        }
        else
        {
            maintenance["maintenanceid"] = known.MaintenanceId;
        }

        string method = known is null ? "maintenance.create" : "maintenance.update";
        await CallAsync(method, maintenance, ZabbixJson.Default.ZabbixAnswerZabbixMaintenances, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">Zabbix did not end the maintenance, which then ends at its time. The message holds no secret.</exception>
    public async Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silence);
        if (await FindAsync(silence, cancellationToken).ConfigureAwait(false) is { } known)
        {
            JsonArray ids = [known.MaintenanceId];
            await CallAsync("maintenance.delete", ids, ZabbixJson.Default.ZabbixAnswerZabbixMaintenances, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Silences nothing: asks for the version, and with the token for each node's host, which it has to be allowed to change.</remarks>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        SelfTestResult server;
        try
        {
            string version = await CallAsync(
                "apiinfo.version", new JsonArray(), ZabbixJson.Default.ZabbixAnswerString, cancellationToken, login: false).ConfigureAwait(false);
            server = new SelfTestResult(_server.Subject, SelfTestOutcome.Works, Words.Get("silence.version", _server.Shown(version)));
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(_server.Subject, SelfTestOutcome.Fails, e.Message, Words.Get("silence.remedy-zabbix"))];
        }

        return
        [
            server,
            .. await NodeTests.AskEachAsync(
                nodes,
                async node => new SelfTestResult(
                    node,
                    SelfTestOutcome.Works,
                    Words.Get("silence.host", _options.HostOf(node), await FindHostAsync(node, cancellationToken).ConfigureAwait(false))),
                Words.Get("silence.remedy-zabbix")).ConfigureAwait(false),
        ];
    }

    /// <summary>Ends the connections. Maintenances that are on end at their time.</summary>
    public void Dispose() => _server.Dispose();

    private static long Minutes(long seconds) => seconds / 60 * 60;

    private static string Name(NodeSilence silence) => $"ksmg {silence.RunId} {silence.Node}";

    private async Task<ZabbixMaintenance?> FindAsync(NodeSilence silence, CancellationToken cancellationToken)
    {
        JsonObject asked = new()
        {
            ["output"] = new JsonArray("maintenanceid", "active_since"),
            ["filter"] = new JsonObject { ["name"] = new JsonArray(Name(silence)) },
        };
        return (await CallAsync("maintenance.get", asked, ZabbixJson.Default.ZabbixAnswerListZabbixMaintenance, cancellationToken).ConfigureAwait(false))
            .FirstOrDefault();
    }

    private async Task<string> FindHostAsync(string node, CancellationToken cancellationToken)
    {
        string name = _options.HostOf(node);
        JsonObject asked = new()
        {
            ["output"] = new JsonArray("hostid", "host"),
            ["filter"] = new JsonObject { ["host"] = new JsonArray(name) },
            ["editable"] = true,
        };
        List<ZabbixHost> hosts = await CallAsync("host.get", asked, ZabbixJson.Default.ZabbixAnswerListZabbixHost, cancellationToken).ConfigureAwait(false);
        return hosts is [var host] ? host.HostId : throw _server.Failed(Words.Get("silence.no-host", name));
    }

    private async Task<T> CallAsync<T>(
        string method, JsonNode parameters, JsonTypeInfo<ZabbixAnswer<T>> shape, CancellationToken cancellationToken, bool login = true)
    {
        // The version is told to nobody who is logged in.
        AuthenticationHeaderValue? bearer = login
            ? new AuthenticationHeaderValue("Bearer", await _options.Token.ReadAsync(cancellationToken, _time).ConfigureAwait(false))
            : null;
        JsonObject call = new() { ["jsonrpc"] = "2.0", ["method"] = method, ["params"] = parameters, ["id"] = 1 };
        byte[] asked = Encoding.UTF8.GetBytes(call.ToJsonString());
        (HttpStatusCode status, byte[] body) = await _server.SendAsync(
            HttpMethod.Post, _options.Url!, bearer, (asked, "application/json-rpc"), cancellationToken).ConfigureAwait(false);
        if (status != HttpStatusCode.OK)
        {
            throw _server.Failed(Words.Get("silence.answers", (int)status, method));
        }

        ZabbixAnswer<T> answer = _server.Read(body, shape);
        return answer switch
        {
            { Error: { } error } => throw _server.Failed(Words.Get("silence.refuses", method, _server.Shown($"{error.Message} {error.Data}"))),
            { Result: { } result } => result,
            _ => throw _server.Failed(Words.Get("silence.odd", method)),
        };
    }
}
