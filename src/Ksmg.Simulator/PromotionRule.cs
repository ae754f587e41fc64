namespace Ksmg.Simulator;

/// <summary>What happens when a node is made Control while another one is. Nobody outside the vendor has written it down.</summary>
public enum PromotionRule
{
    /// <summary>Both are Control: emergency mode.</summary>
    LeavesTwo,

    /// <summary>The former Control node becomes Secondary by itself.</summary>
    DemotesFormer,

    /// <summary>The promotion is refused.</summary>
    Refuses,
}
