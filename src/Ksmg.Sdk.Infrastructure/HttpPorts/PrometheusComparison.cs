namespace Ksmg.Sdk.Infrastructure;

/// <summary>How a sample has to compare with a threshold.</summary>
public enum PrometheusComparison
{
    /// <summary>It is smaller.</summary>
    Less,

    /// <summary>It is not greater.</summary>
    LessOrEqual,

    /// <summary>It is the same.</summary>
    Equal,

    /// <summary>It is another one.</summary>
    NotEqual,

    /// <summary>It is not smaller.</summary>
    GreaterOrEqual,

    /// <summary>It is greater.</summary>
    Greater,
}
