using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Speaks to one web address: with its trust and its token, bounded in size, and never led elsewhere.</summary>
internal sealed class HttpPortClient(HttpPortOptions options, TimeProvider time) : IDisposable
{
    /// <summary>The letters of the longest way to write one letter, that of JSON.</summary>
    private const int LongestEscape = 6;

    private readonly HttpClient _http = new(options.Trust.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The only part of the address that people are told: a path may hold a token.</summary>
    public string Host => options.Url!.Authority;

    /// <summary>Sends a request and reads as much of the answer as is wanted.</summary>
    /// <param name="request">The request; it gets the token.</param>
    /// <param name="most">The most bytes of the answer.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="KsmgException">No answer came. The message holds neither the token nor the path of the address.</exception>
    public async Task<HttpPortAnswer> SendAsync(HttpRequestMessage request, int most, TimeSpan limit, CancellationToken cancellationToken)
    {
        string? secret = options.Token.Count == 0 ? null : await TokenAsync(cancellationToken).ConfigureAwait(false);
        request.Headers.Authorization = secret is null ? null : new AuthenticationHeaderValue("Bearer", secret);

        using CancellationTokenSource timer = new(limit, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            (string body, bool isWhole) = await ReadAsync(response.Content, most, both.Token).ConfigureAwait(false);

            // A server that answers with what it was sent must not put the token into a journal.
            return new HttpPortAnswer(response.StatusCode, secret is null ? body : Hide(secret, body, isWhole), isWhole);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new KsmgException(Words.Get("http.no-answer", Host, Reason(e)), e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KsmgException(Words.Get("http.not-in-time", Host, limit), new TimeoutException(null, e));
        }
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _http.Dispose();

    /// <summary>The token. One that is none is not handed to a header, which would say in its complaint what it is.</summary>
    private async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        string token = await options.Token.ReadAsync(cancellationToken, time).ConfigureAwait(false);
        return token.All(c => c is > ' ' and <= '~') ? token : throw new KsmgException(Words.Get("http.token", Host));
    }

    /// <summary>Where a text was cut, its end may be a part of the token.</summary>
    private static string Hide(string secret, string text, bool isWhole)
    {
        string hidden = SecretFilter.Redact(text, [secret]);
        return isWhole ? hidden : hidden[..^Math.Min(hidden.Length, secret.Length * LongestEscape)];
    }

    private static string Reason(Exception e) => (e.InnerException as AuthenticationException ?? e).Message.TrimEnd('.');

    private static async Task<(string Body, bool IsWhole)> ReadAsync(HttpContent content, int most, CancellationToken cancellationToken)
    {
        using Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        byte[] bytes = new byte[most + 1];
        int read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return (Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Min(read, most))), read <= most);
    }
}
