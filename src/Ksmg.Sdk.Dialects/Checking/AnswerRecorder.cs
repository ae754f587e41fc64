using System.Text;

namespace Ksmg.Sdk.Dialects;

/// <summary>Keeps what nodes answer while somebody looks at it, with the secrets that went by.</summary>
internal sealed class AnswerRecorder : DelegatingHandler
{
    private const int ShortestSecret = 4;

    private static readonly AsyncLocal<List<RecordedAnswer>?> Watched = new();

    /// <summary>From here on in this flow of control answers are kept.</summary>
    public static IReadOnlyList<RecordedAnswer> Watch() => Watched.Value = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (Watched.Value is { } answers)
        {
            await response.Content.LoadIntoBufferAsync(AnswerBuffer.MaxBytes, cancellationToken).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            string[] secrets = [.. SecretsOf(request.Headers).Concat(SecretsOf(response.Headers)).Where(value => value.Length >= ShortestSecret)];
            lock (answers)
            {
                answers.Add(new RecordedAnswer(request.Method, request.RequestUri!.AbsolutePath, body, secrets));
            }
        }

        return response;
    }

    private static IEnumerable<string> SecretsOf(System.Net.Http.Headers.HttpHeaders headers)
    {
        foreach ((string name, IEnumerable<string> values) in headers)
        {
            // What stands behind the cookie that is set is no secret: its age would be taken out of every answer with such a number.
            bool isCookie = name is "Cookie" or "Set-Cookie";
            foreach (string value in isCookie || Discretion.IsSecretName(name) ? values : [])
            {
                IEnumerable<string> cookies = value.Split(';').Take(name == "Cookie" ? int.MaxValue : 1);
                foreach (string part in isCookie ? cookies.Select(pair => pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..].Trim()) : [value])
                {
                    yield return part;
                }
            }
        }
    }
}

/// <summary>What a node answered to one request, and what of that must not be shown.</summary>
internal sealed record RecordedAnswer(HttpMethod Method, string Path, ReadOnlyMemory<byte> Body, IReadOnlyList<string> Secrets)
{
    public string Text => Encoding.UTF8.GetString(Body.Span);
}
