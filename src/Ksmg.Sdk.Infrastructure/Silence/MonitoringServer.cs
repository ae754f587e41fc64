using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A monitoring that is spoken to over HTTP: no redirects, no cookies, answers of a bounded size in a bounded time.</summary>
internal sealed class MonitoringServer : IDisposable
{
    /// <summary>The status of a server holds its configuration, which may be long.</summary>
    private const int MaxBytes = 4 << 20;

    private readonly HttpClient _http;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;

    /// <summary>What was sent with the last login.</summary>
    private volatile string[] _secrets = [];

    /// <param name="name">What it is called in messages.</param>
    /// <param name="url">Where it stands.</param>
    /// <param name="trust">Which certificate is the right one.</param>
    /// <param name="limit">How long one call may take.</param>
    /// <param name="time">The clock of that.</param>
    public MonitoringServer(string name, Uri url, TrustSource trust, TimeSpan limit, TimeProvider time)
    {
        (Subject, _limit, _time) = (Words.Get("silence.subject", name, url.Authority), limit, time);
        _http = new HttpClient(trust.CreateHandler()) { MaxResponseContentBufferSize = MaxBytes };
    }

    /// <summary>What it is called, and where it stands; no more of its address, which may hold a token.</summary>
    public string Subject { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends a request and hears the answer as a whole.</summary>
    /// <exception cref="KsmgException">There was none, it was too long, or it came too late.</exception>
    public async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(
        HttpMethod method, Uri address, AuthenticationHeaderValue? login, (byte[] Bytes, string Type)? body, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(method, address);
        request.Headers.Authorization = login;
        _secrets = login is null ? _secrets : SecretsOf(login);
        if (body is { } content)
        {
            request.Content = new ByteArrayContent(content.Bytes) { Headers = { ContentType = new MediaTypeHeaderValue(content.Type) } };
        }

        using CancellationTokenSource limit = new(_limit, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, both.Token).ConfigureAwait(false);
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(both.Token).ConfigureAwait(false));
        }
        catch (HttpRequestException e)
        {
            throw Failed((e.InnerException as AuthenticationException ?? (Exception)e).Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(Words.Get("silence.no-answer", _limit), new TimeoutException(null, e));
        }
    }

    /// <summary>What an answer says.</summary>
    /// <exception cref="KsmgException">It says something else.</exception>
    public T Read<T>(byte[] body, JsonTypeInfo<T> shape)
    {
        try
        {
            return JsonSerializer.Deserialize(body, shape) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw Failed(Words.Get("silence.odd", Shown(e.Message).TrimEnd('.')), e);
        }
    }

    /// <summary>What it says, on one line. A server that answers with what it was sent must not put a password into a journal.</summary>
    public string Shown(string said, int most = 500) => Printable.OneLine(SecretFilter.Redact(said, _secrets), most);

    public KsmgException Failed(string why, Exception? cause = null) => new($"{Subject}: {why.TrimEnd('.')}.", cause);

    private static string[] SecretsOf(AuthenticationHeaderValue login)
    {
        string sent = login.Parameter!;
        if (login.Scheme != "Basic")
        {
            return [sent];
        }

        string named = Encoding.UTF8.GetString(Convert.FromBase64String(sent));
        return [sent, named[(named.IndexOf(':', StringComparison.Ordinal) + 1)..]];
    }
}
