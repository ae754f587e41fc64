namespace Ksmg.Sdk;

/// <summary>How well an operation of the catalogue is known.</summary>
public enum OperationProvenance
{
    /// <summary>Defined by this project in the observed style; never checked against a real appliance.</summary>
    Assumed,

    /// <summary>Seen in public material.</summary>
    Observed,
}
