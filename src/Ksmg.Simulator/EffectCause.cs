namespace Ksmg.Simulator;

/// <summary>Who caused something in the simulated world.</summary>
public enum EffectCause
{
    /// <summary>The automation under test.</summary>
    Client,

    /// <summary>A human at a web page, simulated by <c>POST /act</c>.</summary>
    Human,

    /// <summary>An armed fault.</summary>
    Fault,

    /// <summary>The node or the simulator, by itself.</summary>
    Appliance,
}
