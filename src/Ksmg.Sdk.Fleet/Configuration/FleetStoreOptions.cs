namespace Ksmg.Sdk.Fleet;

/// <summary>The store of a fleet, as configured.</summary>
public sealed class FleetStoreOptions
{
    /// <summary>Its kind. Default: files.</summary>
    public FleetStoreKind Kind { get; set; }

    /// <summary>With files: the folder of the runs. Default: <c>runs</c>.</summary>
    [FilePath]
    public string Path { get; set; } = "runs";

    /// <summary>With PostgreSQL: a file with Npgsql's connection string, without a password.</summary>
    [FilePath]
    public string? ConnectionStringFile { get; set; }

    /// <summary>With PostgreSQL: the schema of the runs, and where the password comes from.</summary>
    public PostgresStoreOptions Postgres { get; } = new();

    /// <summary>What may stand in the section of a store.</summary>
    internal static SectionShape<FleetStoreOptions> Shape { get; } = new SectionShape<FleetStoreOptions>()
        .Word<FleetStoreKind>(nameof(Kind), (s, value) => s.Kind = value)
        .Text(nameof(Path), (s, value) => s.Path = value)
        .Text(nameof(ConnectionStringFile), (s, value) => s.ConnectionStringFile = value)
        .Form(nameof(PostgresStoreOptions.Schema), () => Words.Get("fleet-file.form-schema"), IsSchema, (s, value) => s.Postgres.Schema = value)
        .Text(nameof(PostgresStoreOptions.PasswordFile), (s, value) => s.Postgres.PasswordFile = value)
        .Text(nameof(PostgresStoreOptions.PasswordEnvironment), (s, value) => s.Postgres.PasswordEnvironment = value)
        .Texts(nameof(PostgresStoreOptions.PasswordCommand), s => s.Postgres.PasswordCommand);

    /// <summary>The connection string.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    internal string ReadConnectionString()
    {
        try
        {
            return File.ReadAllText(ConnectionStringFile!).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(Words.Get("fleet-file.no-connection", ConnectionStringFile, e.Message), e);
        }
    }

    /// <summary>The schemas of fleets and of the bell are called after it, with an end of their own.</summary>
    private static bool IsSchema(string text) =>
        text.Length is > 0 and <= 33 && char.IsAsciiLetterLower(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
}
