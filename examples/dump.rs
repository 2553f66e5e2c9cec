fn main(){ let p:Vec<std::path::PathBuf>=std::env::args().skip(1).map(Into::into).collect();
 let i=modeltrail::intake::read(&p,&Default::default(),0,&modeltrail::intake::Unwatched);
 for e in i.ledger.exhibits(){ println!("{:<11} {:<34} {:>6} {:>6} {} {:?}",e.disposition.to_string(),e.format,e.records,e.kept,e.path,e.asked); for p in &e.problems{println!("      {} {}: {}",if p.loses{"!"}else{"-"},p.locator,p.message)} }
 if std::env::var("FACTS").is_ok(){ for f in &i.facts{ println!("{} {} {}",f.source.time.map(|t|t.to_string()).unwrap_or_default(),f.source.locator,f.statement.excerpt()) } }
 for (s,d) in &i.density{ println!("{s:?} {:?} {} median {:?} holes {:?}",d.span().map(|(a,b)|(a.to_string(),b.to_string())),d.records(),d.median_spacing(),d.holes().len()) }
 println!("facts {}",i.facts.len());
}
