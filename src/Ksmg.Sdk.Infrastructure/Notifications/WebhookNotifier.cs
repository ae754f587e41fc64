using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Posts events as JSON to a web address. The header <c>Ksmg-Signature: t=SECONDS,v1=HEX</c> holds the time (Unix) and the HMAC-SHA256 of
/// <c>SECONDS.BODY</c>, with which the receiver proves where an event comes from and how old it is. An event whose answer was lost is sent
/// again, so it may arrive twice.
/// </summary>
public sealed class WebhookNotifier : INotifier, ISelfTest, IDisposable
{
    /// <summary>The header with the signature.</summary>
    public const string SignatureHeader = "Ksmg-Signature";

    private const int MinSecret = 16;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    private readonly WebhookOptions _options;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline<Attempt> _pipeline;
    private readonly EventTemplate? _template;

    /// <summary>Creates the notifier; nothing is sent yet.</summary>
    /// <param name="options">Where to send, and with which secret.</param>
    /// <param name="timeProvider">The clock of the signature and the time-outs; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public WebhookNotifier(WebhookOptions options, TimeProvider? timeProvider = null)
    {
        (_options, _time) = (options.Checked("Notifications"), timeProvider ?? TimeProvider.System);
        _template = EventTemplate.Read(nameof(WebhookOptions.TemplateFile), options.TemplateFile, isJson: true, out _);
        _http = new HttpClient(options.Trust.CreateHandler());
        _pipeline = new ResiliencePipelineBuilder<Attempt> { TimeProvider = _time }
            .AddRetry(new RetryStrategyOptions<Attempt>
            {
                MaxRetryAttempts = 1,
                Delay = _pause,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Result is { MayPass: true }),
            })
            .Build();
    }

    /// <inheritdoc/>
    /// <remarks>The token ends the sending; the event may have arrived.</remarks>
    /// <exception cref="KsmgException">The receiver did not take the event. The message holds neither the secret nor the path of the address.</exception>
    public async Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(upgradeEvent);
        byte[] secret = await SecretAsync(cancellationToken).ConfigureAwait(false);
        byte[] body = Encoding.UTF8.GetBytes(_template?.Render(upgradeEvent) ?? upgradeEvent.ToJson());
        using CancellationTokenSource limit = new(_options.Timeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            Attempt attempt = await _pipeline.ExecuteAsync(
                async token => await PostAsync(body, secret, token).ConfigureAwait(false), both.Token).ConfigureAwait(false);
            if (attempt.Problem is { } problem)
            {
                throw new KsmgException(Words.Get("webhook.not-taken", Host, problem), attempt.Cause);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KsmgException(Words.Get("webhook.not-in-time", Host, _options.Timeout), new TimeoutException(null, e));
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Sends no event: one that did not happen would be a lie. The secret is read, and the receiver asked for the head of its address,
    /// which says whether it is there and the right one, and not whether it takes events.
    /// </remarks>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        string subject = Words.Get("webhook.subject", Host);
        try
        {
            await SecretAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(subject, SelfTestOutcome.Fails, e.Message, Words.Get("webhook.remedy"))];
        }

        using CancellationTokenSource limit = new(_options.Timeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Head, _options.Url);
            using HttpResponseMessage response = await _http.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            return
            [
                new SelfTestResult(subject, SelfTestOutcome.NotTried, Words.Get("webhook.is-there"), Words.Get("test.notify")),
                .. _template is null ? [] : (SelfTestResult[])[_template.Show(nameof(WebhookOptions.TemplateFile), _options.TemplateFile!)],
            ];
        }
        catch (HttpRequestException e)
        {
            return [new SelfTestResult(subject, SelfTestOutcome.Fails, Reason(e), Words.Get("webhook.correct-url"))];
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [new SelfTestResult(subject, SelfTestOutcome.Fails, Words.Get("webhook.no-answer", _options.Timeout), Words.Get("webhook.correct-url"))];
        }
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _http.Dispose();

    private string Host => _options.Url!.Authority;

    private static string Reason(HttpRequestException e) => (e.InnerException as AuthenticationException ?? (Exception)e).Message.TrimEnd('.');

    private async Task<byte[]> SecretAsync(CancellationToken cancellationToken)
    {
        byte[] secret = Encoding.UTF8.GetBytes(await _options.Secret.ReadAsync(cancellationToken).ConfigureAwait(false));
        return secret.Length >= MinSecret
            ? secret
            : throw new KsmgException(Words.Get("webhook.short-secret", Host, MinSecret));
    }

    private async Task<Attempt> PostAsync(byte[] body, byte[] secret, CancellationToken cancellationToken)
    {
        string seconds = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes(seconds + "."), .. body];
        using HttpRequestMessage request = new(HttpMethod.Post, _options.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.Add(SignatureHeader, $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed))}");
        try
        {
            // What the receiver says beyond its status is of no interest, so it is not read.
            using HttpResponseMessage response = await _http.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? new Attempt(null)
                : new Attempt(
                    Words.Get("webhook.answers", (int)response.StatusCode),
                    MayPass: response.StatusCode is >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests);
        }
        catch (HttpRequestException e)
        {
            return new Attempt(Reason(e), MayPass: e.InnerException is not AuthenticationException, e);
        }
    }

    /// <summary>How an attempt ended: with a problem or none, and whether it may pass by itself.</summary>
    private sealed record Attempt(string? Problem, bool MayPass = false, Exception? Cause = null);
}
