using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Silences of Alertmanager (API v2). The silence of a node is the same one all along; a process that takes a run over makes a new one, and
/// the former one lapses.
/// </summary>
public sealed class AlertmanagerSilence : IMonitoringSilence, ISelfTest, IDisposable
{
    internal const string Port = "Silence";

    private readonly AlertmanagerOptions _options;
    private readonly MonitoringServer _server;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<(string Run, string Node), string> _ids = new();

    /// <summary>Creates the adapter; nothing is sent yet.</summary>
    /// <param name="options">Where Alertmanager stands, and which alerts are those of a node.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public AlertmanagerSilence(AlertmanagerOptions options, TimeProvider? timeProvider = null)
    {
        (_options, _time) = (options.Checked(Port), timeProvider ?? TimeProvider.System);
        _server = new MonitoringServer("Alertmanager", options.Url!, options.Trust, options.Timeout, _time);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">Alertmanager did not take the silence. The message holds no secret.</exception>
    public async Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silence);
        AlertmanagerSilenceSeen? known = await FindAsync(silence, cancellationToken).ConfigureAwait(false);

        // Its beginning must stay as it is, or Alertmanager makes another one of it.
        AlertmanagerSilenceToPost post = new(
            known?.Id,
            [.. _options.MatchersOf(silence.Node)],
            known?.StartsAt ?? _time.GetUtcNow(),
            silence.Until,
            $"ksmg {silence.RunId}",
            silence.Comment);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(post, AlertmanagerJson.Default.AlertmanagerSilenceToPost);
        (HttpStatusCode status, byte[] answer) = await SendAsync(HttpMethod.Post, "silences", body, cancellationToken).ConfigureAwait(false);
        Require(status, answer);
        _ids[Key(silence)] = _server.Read(answer, AlertmanagerJson.Default.AlertmanagerSilenceId).SilenceId;
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">Alertmanager did not end the silence, which then ends at its time. The message holds no secret.</exception>
    public async Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(silence);

        // One that has ended cannot be ended again.
        if (await FindAsync(silence, cancellationToken).ConfigureAwait(false) is { } known)
        {
            (HttpStatusCode status, byte[] answer) = await SendAsync(
                HttpMethod.Delete, $"silence/{Uri.EscapeDataString(known.Id)}", null, cancellationToken).ConfigureAwait(false);
            Require(status, answer);
        }

        _ids.TryRemove(Key(silence), out _);
    }

    /// <inheritdoc/>
    /// <remarks>Silences nothing: asks for the version, with the login.</remarks>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        try
        {
            (HttpStatusCode status, byte[] answer) = await SendAsync(HttpMethod.Get, "status", null, cancellationToken).ConfigureAwait(false);
            Require(status, answer);
            string version = _server.Read(answer, AlertmanagerJson.Default.AlertmanagerStatus).VersionInfo.Version;
            return [new SelfTestResult(_server.Subject, SelfTestOutcome.Works, Words.Get("silence.version", _server.Shown(version)))];
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(_server.Subject, SelfTestOutcome.Fails, e.Message, Words.Get("silence.remedy-alertmanager"))];
        }
    }

    /// <summary>Ends the connections. Silences that are on end at their time.</summary>
    public void Dispose() => _server.Dispose();

    private static (string Run, string Node) Key(NodeSilence silence) => (silence.RunId, silence.Node);

    /// <summary>The silence that this process made for the node, if it has not ended.</summary>
    private async Task<AlertmanagerSilenceSeen?> FindAsync(NodeSilence silence, CancellationToken cancellationToken)
    {
        if (!_ids.TryGetValue(Key(silence), out string? id))
        {
            return null;
        }

        (HttpStatusCode status, byte[] answer) = await SendAsync(
            HttpMethod.Get, $"silence/{Uri.EscapeDataString(id)}", null, cancellationToken).ConfigureAwait(false);
        if (status == HttpStatusCode.NotFound)
        {
            return null;
        }

        Require(status, answer);
        AlertmanagerSilenceSeen seen = _server.Read(answer, AlertmanagerJson.Default.AlertmanagerSilenceSeen);
        return seen.Status.State == "expired" ? null : seen;
    }

    private async Task<(HttpStatusCode, byte[])> SendAsync(HttpMethod method, string what, byte[]? body, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? login = null;
        if (_options.UserName is { Length: > 0 } user)
        {
            string password = await _options.Password.ReadAsync(cancellationToken, _time).ConfigureAwait(false);
            login = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        }

        Uri address = new($"{_options.Url!.AbsoluteUri.TrimEnd('/')}/api/v2/{what}");
        return await _server.SendAsync(method, address, login, body is null ? null : (body, "application/json"), cancellationToken).ConfigureAwait(false);
    }

    private void Require(HttpStatusCode status, byte[] answer)
    {
        if (status != HttpStatusCode.OK)
        {
            throw _server.Failed(Words.Get("silence.answers", (int)status, _server.Shown(Encoding.UTF8.GetString(answer), 200)));
        }
    }
}
