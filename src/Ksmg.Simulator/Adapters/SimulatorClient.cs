using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>Speaks to the control URL of a simulator on behalf of the adapters.</summary>
internal sealed class SimulatorClient : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    public SimulatorClient(Uri endpoint)
    {
        _http = new HttpClient(default(TrustSource).CreateHandler())
        {
            BaseAddress = new Uri(endpoint.ToString().TrimEnd('/') + "/"),
            Timeout = AnswerLimit,
            MaxResponseContentBufferSize = 64 << 20,
        };
    }

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken).ConfigureAwait(false);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize(body, type) ?? throw new KsmgException(Words.Get("simulator.empty", path));
    }

    public Task PostAsync(string path, JsonObject? body, CancellationToken cancellationToken)
    {
        var content = new ByteArrayContent(body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, JsonContext.Default.JsonObject));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return DropAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellationToken);
    }

    /// <summary>Sends a request whose answer says nothing but that it went well.</summary>
    public async Task DropAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage answer = await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request; <see langword="null"/> if what it asks for does not exist.</summary>
    public async Task<HttpResponseMessage?> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            HttpResponseMessage answer;
            try
            {
                answer = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException broken)
            {
                throw new KsmgException(Words.Get("simulator.silent", _http.BaseAddress, broken.Message), broken);
            }
            catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(Words.Get("simulator.late", _http.BaseAddress, AnswerLimit), late);
            }

            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                if (answer.StatusCode == HttpStatusCode.NotFound)
                {
                    return null;
                }

                string body = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
                throw new KsmgException(Words.Get("simulator.refuses", request.Method, request.RequestUri, (int)answer.StatusCode, body));
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        await TryAsync(request, cancellationToken).ConfigureAwait(false) ?? throw new KsmgException(Words.Get("simulator.unknown", request.RequestUri));
}
