using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A gate that is green when a web address answers 200 to 299, with an expected text where one is given. It is not told the node.</summary>
public sealed class HttpGate : IUpgradeGate, ISelfTest, IDisposable
{
    internal const string Port = "Gates";

    private const int MostAnswer = 64 * 1024;

    private readonly HttpGateOptions _options;
    private readonly HttpPortClient _client;

    /// <summary>Creates the gate; nothing is asked yet.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public HttpGate(HttpGateOptions options, TimeProvider? timeProvider = null)
    {
        _options = options.Checked(Port);
        _client = new HttpPortClient(options, timeProvider ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public TimeSpan Patience => _options.Patience;

    /// <inheritdoc/>
    /// <exception cref="KsmgException">No answer came. The message holds neither the token nor the path of the address.</exception>
    public async Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, _options.Url);
        HttpPortAnswer answer = await _client.SendAsync(request, MostAnswer, _options.Timeout, cancellationToken).ConfigureAwait(false);
        bool isExpected = _options.Expect is not { Length: > 0 } expected || answer.Body.Contains(expected, StringComparison.Ordinal);
        return new GateAnswer(
            answer.IsGood && isExpected,
            Words.Get(isExpected || !answer.IsGood ? "http.said" : "http.not-expected", (int)answer.Status, Printable.OneLine(answer.Body), _options.Expect));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        GateTests.AskAsync(this, _client.Host, Words.Get("http.remedy"), nodes, cancellationToken);

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();
}
