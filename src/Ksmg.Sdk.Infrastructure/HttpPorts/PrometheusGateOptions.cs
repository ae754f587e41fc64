using System.Globalization;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A gate that is green while every sample of a query compares well with a threshold.</summary>
public sealed class PrometheusGateOptions : HttpGateBaseOptions
{
    /// <summary>The query, in PromQL; it is asked as an instant one. No default.</summary>
    public string Query { get; set; } = string.Empty;

    /// <summary>How each sample has to compare with <see cref="Threshold"/>. Default: <see cref="PrometheusComparison.Less"/>.</summary>
    public PrometheusComparison Comparison { get; set; } = PrometheusComparison.Less;

    /// <summary>The number that samples are compared with, such as <c>0.5</c>. No default.</summary>
    public string Threshold { get; set; } = string.Empty;

    /// <summary>
    /// Whether a query without any sample is green, as one for alerts that fire is. Default: no; a metric that is gone or misspelt has none either.
    /// </summary>
    public bool EmptyIsGreen { get; set; }

    internal double? Limit =>
        double.TryParse(Threshold, NumberStyles.Float, CultureInfo.InvariantCulture, out double limit) && double.IsFinite(limit) ? limit : null;

    private protected override IEnumerable<string> FindMistakes()
    {
        foreach (string mistake in base.FindMistakes())
        {
            yield return mistake;
        }

        if (Url is { Query.Length: > 0 })
        {
            yield return Words.Get("prometheus.url");
        }

        if (string.IsNullOrWhiteSpace(Query))
        {
            yield return Words.Get("prometheus.query");
        }

        if (Limit is null)
        {
            yield return Words.Get("prometheus.threshold", SectionMistakes.Show(Threshold));
        }
    }
}
