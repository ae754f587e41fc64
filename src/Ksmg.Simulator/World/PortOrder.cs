namespace Ksmg.Simulator;

/// <summary>Which port after <see cref="SimulatedClusterOptions.BasePort"/> is whose.</summary>
internal static class PortOrder
{
    public const int Control = 0;
    public const int BalancerMail = 1;
    public const int BalancerRuntime = 2;
    public const int Sink = 3;
    public const int FirstWeb = 10;
    public const int FirstSmtp = 50;
}
