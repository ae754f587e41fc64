using System.Globalization;
using System.Text.Json;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// A gate that is green while every sample of an instant query compares well with a threshold. A query without a sample is not green unless that is
/// configured, and a sample that is no number never is.
/// </summary>
public sealed class PrometheusGate : IUpgradeGate, ISelfTest, IDisposable
{
    private const int MostAnswer = 1024 * 1024;

    private readonly PrometheusGateOptions _options;
    private readonly HttpPortClient _client;

    /// <summary>Creates the gate; nothing is asked yet.</summary>
    /// <param name="options">What is asked.</param>
    /// <param name="timeProvider">The clock of the time limit; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public PrometheusGate(PrometheusGateOptions options, TimeProvider? timeProvider = null)
    {
        _options = options.Checked(HttpGate.Port);
        _client = new HttpPortClient(options, timeProvider ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public string Name => _options.Name;

    /// <inheritdoc/>
    public TimeSpan Patience => _options.Patience;

    /// <inheritdoc/>
    /// <exception cref="KsmgException">No answer came, or it is none of an instant query.</exception>
    public async Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default)
    {
        Uri url = new($"{_options.Url!.GetLeftPart(UriPartial.Path).TrimEnd('/')}/api/v1/query?query={Uri.EscapeDataString(_options.Query)}");
        using HttpRequestMessage request = new(HttpMethod.Get, url);
        HttpPortAnswer answer = await _client.SendAsync(request, MostAnswer, _options.Timeout, cancellationToken).ConfigureAwait(false);
        if (!answer.IsGood || !answer.IsWhole)
        {
            string body = Printable.OneLine(answer.Body);
            throw new KsmgException(answer.IsWhole
                ? Words.Get("http.refused", _client.Host, (int)answer.Status, body)
                : Words.Get("prometheus.too-long", _client.Host, MostAnswer));
        }

        try
        {
            return Judge(Samples(answer.Body));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new KsmgException(Words.Get("prometheus.odd", _client.Host, Printable.OneLine(answer.Body)), e);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        GateTests.AskAsync(this, _client.Host, Words.Get("http.remedy"), nodes, cancellationToken);

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();

    /// <summary>The samples of an answer: what they are of, and their values as they were written.</summary>
    private static List<(string Of, string Value)> Samples(string body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        if (document.RootElement.GetProperty("status").GetString() != "success"
            || document.RootElement.TryGetProperty("isPartial", out JsonElement isPartial) && isPartial.ValueKind != JsonValueKind.False
            || document.RootElement.TryGetProperty("warnings", out JsonElement warnings) && warnings.GetArrayLength() > 0)
        {
            // Some of the samples may be missing: what is left says nothing.
            throw new FormatException();
        }

        JsonElement data = document.RootElement.GetProperty("data");
        JsonElement result = data.GetProperty("result");
        return data.GetProperty("resultType").GetString() switch
        {
            "scalar" => [(string.Empty, Value(result))],
            "vector" => [.. result.EnumerateArray().Select(s => (s.GetProperty("metric").GetRawText(), Value(s.GetProperty("value"))))],
            _ => throw new FormatException(),
        };

        // A time, and the value as a text.
        static string Value(JsonElement sample) => sample.GetArrayLength() == 2 && sample[1].GetString() is { } value ? value : throw new FormatException();
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private GateAnswer Judge(List<(string Of, string Value)> samples)
    {
        if (samples.Count == 0)
        {
            return new GateAnswer(_options.EmptyIsGreen, Words.Get("prometheus.empty"));
        }

        string wanted = $"{_options.Comparison} {_options.Threshold}";
        (string of, string value) = samples.Find(sample => !Holds(Number(sample.Value)));
        return value is null
            ? new GateAnswer(true, Words.Get("prometheus.green", samples.Count, wanted))
            : new GateAnswer(false, Words.Get("prometheus.red", of, value, wanted));
    }

    private bool Holds(double value)
    {
        double limit = _options.Limit!.Value;
        return !double.IsNaN(value) && _options.Comparison switch
        {
            PrometheusComparison.Less => value < limit,
            PrometheusComparison.LessOrEqual => value <= limit,
            PrometheusComparison.Equal => value == limit,
            PrometheusComparison.NotEqual => value != limit,
            PrometheusComparison.GreaterOrEqual => value >= limit,
            _ => value > limit,
        };
    }
}
