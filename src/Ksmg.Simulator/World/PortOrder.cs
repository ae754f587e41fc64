namespace Ksmg.Simulator;

/// <summary>Which port after <see cref="SimulatedClusterOptions.BasePort"/> is whose.</summary>
internal static class PortOrder
{
    public const int Control = 0;
    public const int BalancerMail = 1;
    public const int BalancerRuntime = 2;
    public const int Sink = 3;

    private const int FirstWeb = 10;
    private const int FirstSmtp = 50;

    public static int Web(int node) => FirstWeb + node;

    /// <summary>Behind the web interfaces, however many there are.</summary>
    public static int Smtp(int node, int nodes) => Math.Max(FirstSmtp, Web(nodes)) + node;
}
