using System.Net.Http.Headers;
using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// A hook that is a web address: the call is posted to it as JSON, with its key in the header <c>Idempotency-Key</c>. A status of 200 to 299 is success.
/// It is sent once: what is not answered is repeated by a human's word, or after a crash.
/// </summary>
public sealed class HttpHook : IUpgradeHook, ISelfTest, IDisposable
{
    /// <summary>The header with the key.</summary>
    public const string KeyHeader = "Idempotency-Key";

    private const int MostAnswer = 64 * 1024;

    private static readonly TimeSpan TestLimit = TimeSpan.FromSeconds(10);

    private readonly HttpHookOptions _options;
    private readonly HttpPortClient _client;

    /// <summary>Creates the adapter; nothing is sent yet.</summary>
    /// <param name="options">Where to send, and when.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public HttpHook(HttpHookOptions options, TimeProvider? timeProvider = null)
    {
        _options = options.Checked(CommandHook.Port);
        _client = new HttpPortClient(options, timeProvider ?? TimeProvider.System);
        Points = HookNaming.Points(_options.At);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public IReadOnlyList<HookPoint> Points { get; }

    /// <inheritdoc/>
    public TimeSpan TimeLimit => _options.TimeLimit;

    /// <inheritdoc/>
    /// <remarks>The token ends the waiting; the call may have arrived.</remarks>
    /// <exception cref="KsmgException">No answer came. The message holds neither the token nor the path of the address.</exception>
    public async Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        using HttpRequestMessage request = new(HttpMethod.Post, _options.Url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(call.ToJson())) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");

        // Headers are ASCII, and names of nodes need not be.
        request.Headers.Add(KeyHeader, Uri.EscapeDataString(call.Key).Replace("%2F", "/", StringComparison.Ordinal));
        HttpPortAnswer answer = await _client.SendAsync(request, MostAnswer, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        return new HookResult(answer.IsGood, Words.Get("http.said", (int)answer.Status, answer.Body));
    }

    /// <inheritdoc/>
    /// <remarks>Nothing is posted: the server is asked for the head of the address, which says whether it is there and the right one.</remarks>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        string subject = Words.Get("hook.subject", Name, _client.Host);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Head, _options.Url);
            await _client.SendAsync(request, 0, TestLimit, cancellationToken).ConfigureAwait(false);
            return [new SelfTestResult(subject, SelfTestOutcome.NotTried, Words.Get("hook.is-there"), Words.Get("http.by-hand"))];
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(subject, SelfTestOutcome.Fails, e.Message, Words.Get("http.remedy"))];
        }
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();
}
