using Spectre.Console;

namespace Hub.Cli.Common;

/// <summary>Rows under headings: a table in a terminal, which folds what is too wide; plain text that nothing folds elsewhere.</summary>
internal static class Columns
{
    private const string Gap = "  ";

    public static void Write(TextWriter output, string[] headings, IEnumerable<string[]> rows)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (console.Profile.Out.IsTerminal)
            WriteTable(console, headings, rows);
        else
            WritePlain(output, [headings, .. rows]);
    }

    private static void WriteTable(IAnsiConsole console, string[] headings, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(headings);
        foreach (var row in rows)
            table.AddRow(row.Select(cell => new Text(Terminal.Harmless(cell))));
        console.Write(table);
    }

    private static void WritePlain(TextWriter output, List<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
            output.WriteLine(Terminal.Harmless(string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column])))).TrimEnd());
    }
}
